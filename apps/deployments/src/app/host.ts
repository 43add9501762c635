import type { AppId } from '@slipway/contracts';

/** Longest label of a host name. */
const LABEL = 63;

/**
 * Public hosts for an App, the wished one first. The later ones carry digits of its id, so that somebody else's App of the same
 * name does not stand in the way; the last is as good as unique. `reserved` holds whole hosts or labels under the suffix.
 */
export function hostCandidates(
  app: { readonly id: AppId; readonly name: string },
  suffix: string,
  reserved: readonly string[],
): string[] {
  const taken = new Set(reserved.map((host) => host.toLowerCase()));
  return [app.name, labelWithDigits(app, 6), labelWithDigits(app, 12)]
    .filter((label) => !taken.has(label) && !taken.has(`${label}.${suffix}`))
    .map((label) => `${label}.${suffix}`);
}

function labelWithDigits({ id, name }: { readonly id: AppId; readonly name: string }, digits: number): string {
  return `${name.slice(0, LABEL - 1 - digits)}-${id.replaceAll('-', '').slice(0, digits)}`;
}
