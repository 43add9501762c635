import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { Ground } from './part.js';
import type { Program } from '../processes.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A registry that answers everybody. */
export function openRegistry(ground: Ground): Program {
  return registry(ground, 'registry', ground.ports.registry);
}

/** A registry that answers 401 to everyone without this login. */
export function protectedRegistry(ground: Ground, { username, password }: Login): Program {
  const file = join(ground.layout.folder, 'htpasswd');
  // Of the Debian package apache2-utils; the registry takes bcrypt only.
  writeFileSync(file, execFileSync('htpasswd', ['-Bbn', username, password]), { mode: 0o600 });
  return registry(ground, 'protected-registry', ground.ports.protectedRegistry, {
    auth: { htpasswd: { realm: 'slipway', path: file } },
  });
}

function registry({ layout, binaries }: Ground, name: string, port: number, more: object = {}): Program {
  const folder = join(layout.folder, name);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    stringify({
      version: 0.1,
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: `127.0.0.1:${port}` },
      ...more,
    }),
  );
  return { name, binary: binaries['docker-registry'], args: ['serve', config] };
}
