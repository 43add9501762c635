// A body, or a value of a query, as the original's JSON reader took it: keys by exact name, else in any case; null is absence; of a repeated key the last
// one holds. What follows the value is an error.
import type { HttpCall } from '../../core/http-call.js';
import { failure } from './errors.js';

const LIMIT_BYTES = 1024 * 1024;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The members of an object. Each accessor throws Failure 400 for a member of another type, and returns undefined for an absent one. */
export class JsonObject {
  constructor(private readonly members: Readonly<Record<string, unknown>>) {}

  text(name: string): string | undefined {
    return this.typed(name, (value) => typeof value === 'string');
  }

  integer(name: string): number | undefined {
    return this.typed(name, (value) => Number.isSafeInteger(value));
  }

  flag(name: string): boolean | undefined {
    return this.typed(name, (value) => typeof value === 'boolean');
  }

  texts(name: string): string[] | undefined {
    return this.typed(name, (value) => Array.isArray(value) && value.every((element) => typeof element === 'string'));
  }

  object(name: string): JsonObject | undefined {
    const value = this.typed<Record<string, unknown>>(name, isMembers);
    return value && new JsonObject(value);
  }

  /** Of whatever type. */
  any(name: string): unknown {
    if (Object.hasOwn(this.members, name)) return this.members[name] ?? undefined;
    const wanted = name.toLowerCase();
    const found = Object.keys(this.members).findLast((key) => key.toLowerCase() === wanted);
    return found === undefined ? undefined : (this.members[found] ?? undefined);
  }

  private typed<T>(name: string, isOne: (value: unknown) => boolean): T | undefined {
    const value = this.any(name);
    if (value !== undefined && !isOne(value)) throw failure.undecodable();
    return value as T | undefined;
  }
}

function isMembers(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The request's body; undefined when it has none. @throws Failure 400 */
export async function readJsonObject(call: HttpCall): Promise<JsonObject | undefined> {
  const bytes = await call.readBody(LIMIT_BYTES);
  return bytes.length === 0 ? undefined : parseJsonObject(decode(bytes));
}

/** The same where a body has to be. */
export async function requireJsonObject(call: HttpCall): Promise<JsonObject> {
  const body = await readJsonObject(call);
  if (!body) throw failure.undecodable();
  return body;
}

/** @throws Failure 400 */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failure.undecodable();
  }
  if (value === null) return new JsonObject({});
  if (!isMembers(value)) throw failure.undecodable();
  return new JsonObject(value as Record<string, unknown>);
}

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw failure.undecodable();
  }
}
