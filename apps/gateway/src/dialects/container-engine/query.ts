import { Integer, isRfc3339 } from '@slipway/contracts';

import { failure } from './errors.js';
import { rangeText } from './rule-texts.js';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

export interface Page {
  readonly page: number;
  readonly limit: number;
}

export class Pagination {
  @Integer({ min: 1 }) page: number;
  @Integer({ min: 1, max: MAX_LIMIT }) limit: number;
  @Integer({ min: 0 }) total: number;
  @Integer({ min: 0 }) total_pages: number;
}

/** @throws Failure 400; a limit above 100 is 100 */
export function pageOf(query: URLSearchParams): Page {
  const page = integerOf(query, 'page', { min: 1 }) ?? 1;
  const limit = integerOf(query, 'limit', { min: 1 }) ?? DEFAULT_LIMIT;
  return { page, limit: Math.min(limit, MAX_LIMIT) };
}

export function paginationOf({ page, limit }: Page, total: number): Pagination {
  return { page, limit, total, total_pages: Math.ceil(total / limit) };
}

/** One too large to be counted is the largest that is not. @throws Failure 400 when the parameter is there and no whole number of at least `min` */
export function integerOf(query: URLSearchParams, name: string, { min }: { min: number }): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw failure.invalidQuery(`${name}: must be an integer`);
  const value = Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  if (value < min) throw failure.invalidQuery(`${name}: ${rangeText(min, Number.MAX_SAFE_INTEGER)}`);
  return value;
}

/** @throws Failure 400 when the parameter is there and none of `values` */
export function oneOf<T extends string>(query: URLSearchParams, name: string, values: readonly T[]): T | undefined {
  const text = query.get(name);
  return text === null ? undefined : memberOf(values, name, text);
}

/** What the parameter names, one or several of `values` with commas. @throws Failure 400 for a word that is none of them */
export function someOf<T extends string>(query: URLSearchParams, name: string, values: readonly T[]): T[] | undefined {
  return query
    .get(name)
    ?.split(',')
    .map((word) => memberOf(values, name, word));
}

/** In lower case. @throws Failure 400 when the parameter is there and no UUID */
export function idOf(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!isUuid(text)) throw failure.invalidQuery(`${name}: must be a UUID`);
  return text.toLowerCase();
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Of any version and case, the nil one included. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

function memberOf<T extends string>(values: readonly T[], name: string, word: string): T {
  const value = values.find((one) => one === word);
  if (value === undefined) throw failure.invalidQuery(`${name}: must be one of ${values.join(', ')}`);
  return value;
}

/** @throws Failure 400 when the parameter is there and no time */
export function timeOf(query: URLSearchParams, name: string): string | undefined {
  // An offset's plus sign is a blank in a query that was not encoded.
  const text = query.get(name)?.replace(/ (?=\d\d:\d\d$)/, '+');
  if (text !== undefined && !isRfc3339(text)) throw failure.invalidQuery(`${name}: must be an RFC 3339 time`);
  return text;
}
