/** A setting that is not as it should be. */
export interface Difference {
  readonly setting: string;
  readonly is: unknown;
  readonly wants: unknown;
}

/** What of `wants` differs in `is`. Settings that `wants` does not name are left alone; the order of subjects means nothing. */
export function diffConfig(is: object, wants: object): Difference[] {
  return Object.entries(wants)
    .map(([setting, wanted]: [string, unknown]) => ({ setting, is: valueOf(is, setting), wants: wanted }))
    .filter((difference) => canonical(difference.is) !== canonical(difference.wants));
}

/** A stream's settings, compared. */
export const diffStreamConfig = diffConfig;

export function describeDifference(name: string, differences: readonly Difference[]): string {
  const parts = differences.map(
    ({ setting, is, wants }) => `${setting} is ${canonical(is)}, wants ${canonical(wants)}`,
  );
  return `${name}: ${parts.join('; ')}`;
}

// A consumer with one filter may be told in the singular, by older versions of the broker.
function valueOf(config: object, setting: string): unknown {
  const value: unknown = Reflect.get(config, setting);
  const single: unknown = Reflect.get(config, 'filter_subject');
  return setting === 'filter_subjects' && value === undefined && single !== undefined ? [single] : value;
}

function canonical(value: unknown): string {
  if (value === undefined) return 'unset';
  return JSON.stringify(Array.isArray(value) ? value.map(String).sort() : value);
}
