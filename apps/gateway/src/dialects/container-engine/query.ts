import { Integer } from '@slipway/contracts';

import { failure } from './errors.js';
import { rangeText } from './rule-texts.js';
import { STATUSES, type Status } from './status.js';

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

/** @throws Failure 400 when the parameter is there and no whole number of at least `min` */
export function integerOf(query: URLSearchParams, name: string, { min }: { min: number }): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw failure.invalidQuery(`${name}: must be an integer`);
  if (value < min) throw failure.invalidQuery(`${name}: ${rangeText(min, Number.MAX_SAFE_INTEGER)}`);
  return value;
}

/** @throws Failure 400 when the parameter is there and none of `values` */
export function oneOf<T extends string>(query: URLSearchParams, name: string, values: readonly T[]): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = values.find((one) => one === text);
  if (value === undefined) throw failure.invalidQuery(`${name}: must be one of ${values.join(', ')}`);
  return value;
}

/** What `status` names, one or several with commas. @throws Failure 400 for a status that does not exist */
export function statusesIn(query: URLSearchParams): Status[] | undefined {
  const text = query.get('status');
  if (text === null) return undefined;
  return text.split(',').map((word) => {
    const status = STATUSES.find((one) => one === word);
    if (status === undefined) throw failure.invalidQuery(`status: must be one of ${STATUSES.join(', ')}`);
    return status;
  });
}
