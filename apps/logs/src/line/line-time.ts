const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;

/**
 * A time with nanoseconds in UTC, always 30 characters, so that comparing texts compares times: kubelets write the offset of their
 * node. Undefined for what is no time.
 */
export function toLineTime(text: string): string | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, seconds = '', fraction = '', offset = 'Z'] = match;
  const milliseconds = Date.parse(`${seconds}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`;
}
