import { readFileSync } from 'node:fs';

/** Slipway's version, from the package that this file belongs to, compiled or not. */
export const VERSION: string = versionIn(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

function versionIn(manifest: string): string {
  const { version } = JSON.parse(manifest) as { version: string };
  return version;
}
