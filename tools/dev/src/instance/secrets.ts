import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { UserError } from '../user-error.js';

/**
 * The passwords and keys of an instance, made at the first need and the same ever after. Whoever can read the file can read
 * everything in the instance, so it is its owner's alone (mode 0600).
 */
export class Secrets {
  private readonly values: Record<string, string>;

  constructor(private readonly file: string) {
    this.values = readValues(file);
  }

  /** The secret of this name; `make` is called when there is none yet. */
  of(name: string, make: () => string): string {
    const known = this.values[name];
    if (known !== undefined) return known;
    const made = make();
    this.values[name] = made;
    writeFileSync(`${this.file}.new`, `${JSON.stringify(this.values, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
    return made;
  }
}

export function openSecrets(dataDir: string): Secrets {
  return new Secrets(join(dataDir, 'secrets.json'));
}

function readValues(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    throw new UserError(`${file} is damaged: put back a copy of it, or remove all data with npm run reset`);
  }
}
