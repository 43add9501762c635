import { errorCodeOf } from './database-errors.js';

/** `host:port/database` of a connection string, without user and password; for messages and logs. */
export function describeAddress(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (!url) return 'an address that is no URL';
  return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
}

/**
 * One sentence about a connection that could not be made: what was tried, what is wrong, what to do. `variable` is where the
 * connection string came from. Never holds the password.
 */
export function describeConnectionFault(error: unknown, databaseUrl: string, variable = 'DATABASE_URL'): string {
  const url = URL.parse(databaseUrl);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    return `${variable} is no connection string of PostgreSQL: it has the form postgres://user:password@host:5432/database.`;
  }
  const where = describeAddress(databaseUrl);
  const user = decodeURIComponent(url.username);
  switch (errorCodeOf(error)) {
    case '28P01':
    case '28000':
      return `${variable}: PostgreSQL at ${where} refuses the user ${user} or its password. Correct them, or run the migrate step, which makes the role.`;
    case '3D000':
      return `${variable}: PostgreSQL at ${url.host} has no database ${url.pathname.slice(1)}. Create it, or name another one.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${variable}: the host ${url.hostname} cannot be resolved. Correct the name, or wait for the network.`;
    case 'ECONNREFUSED':
      return `${variable}: nothing listens at ${where}. Start PostgreSQL there, or correct the address.`;
    default:
      return `${variable}: PostgreSQL at ${where} cannot be reached: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
