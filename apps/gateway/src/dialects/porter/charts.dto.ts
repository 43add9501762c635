// What the chart routes are asked, in the three forms that the era's clients send: a JSON body on GET (the document's), a flat query, and a query
// whose `helm` and `filter` are JSON text.
import { ReleaseStorage } from '@slipway/contracts';

import type { HttpCall } from '../../core/http-call.js';
import { failure, type Tag } from './errors.js';
import { JsonObject, parseJsonObject, readJsonObject } from './json-object.js';

const STORAGES: readonly string[] = Object.values(ReleaseStorage);
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const INTEGER = /^[+-]?[0-9]+$/;

export interface Place {
  readonly context: string;
  readonly storage: ReleaseStorage;
  /** Empty: everywhere. */
  readonly namespace: string;
}

export interface Filter {
  readonly only: string;
  readonly statuses?: string[];
  readonly limit?: number;
  readonly skip?: number;
  readonly byDate?: boolean;
}

interface Asked {
  /** Undefined where the request has no `helm` at all. */
  readonly helm: Partial<Place> | undefined;
  readonly filter: Filter | undefined;
}

/** @throws Failure, in the order of the checks: 400, 403 for a `user_id` that is not the session's, 400 for types, 422 for fields */
export async function readPlace(call: HttpCall): Promise<Place> {
  const { helm } = await readAsked(call, false);
  return acceptPlace(helm, []);
}

/** The same with a filter, which forms 1 and 3 have to have. @throws Failure */
export async function readList(call: HttpCall): Promise<Place & Filter> {
  const { helm, filter } = await readAsked(call, true);
  const place = acceptPlace(helm, filter ? [] : ['required']);
  return { ...place, ...(filter ?? { only: '' }) };
}

/** @throws Failure 422: first what is wrong of the place, then `more` */
export function acceptPlace(helm: Partial<Place> | undefined, more: readonly Tag[]): Place {
  const tags: Tag[] = [];
  if (!helm) tags.push('required');
  else {
    if (!helm.context) tags.push('required');
    if (helm.storage === undefined || !STORAGES.includes(helm.storage)) tags.push('oneof');
  }
  const { context, storage, namespace = '' } = helm ?? {};
  if (context === undefined || storage === undefined || tags.length + more.length > 0)
    throw failure.fields([...tags, ...more]);
  return { context, storage, namespace };
}

/** @throws Failure 403, 400, 422: the namespace has to be named here */
export function acceptRollback(call: HttpCall, body: JsonObject): Place & { readonly revision: number } {
  const userId = body.any('user_id');
  if (userId !== undefined) checkUser(call, userId, true);
  const revision = body.integer('revision') ?? 0;
  if (revision < 0) throw failure.undecodable();
  const place = placeOf(body) ?? {};
  return { ...acceptPlace(place, place.namespace ? [] : ['required']), revision };
}

async function readAsked(call: HttpCall, withFilter: boolean): Promise<Asked> {
  const body = await readJsonObject(call);
  if (body) {
    checkUser(call, body.any('user_id'), true);
    const filter = withFilter ? body.object('filter') : undefined;
    return { helm: placeOf(body.object('helm')), filter: filterOf(filter) };
  }
  checkEncoding(call);
  const once = (name: string): string | undefined => only(call.query.getAll(name));
  const userId = once('user_id');
  if (call.query.has('helm')) {
    const [helm, filter] = [once('helm'), once('filter')].map((text) => (text ? parseJsonObject(text) : undefined));
    checkUser(call, userId, false);
    return { helm: placeOf(helm), filter: withFilter ? filterOf(filter) : undefined };
  }
  checkUser(call, userId, false);
  const namespace = once('namespace') ?? '';
  const helm = { context: once('context') ?? '', storage: once('storage') as ReleaseStorage, namespace };
  return { helm, filter: withFilter ? flatFilter(call.query, namespace) : undefined };
}

function placeOf(helm: JsonObject | undefined): Partial<Place> | undefined {
  if (!helm) return undefined;
  const [context, storage, namespace] = [helm.text('context'), helm.text('storage'), helm.text('namespace')];
  return {
    ...(context !== undefined && { context }),
    ...(storage !== undefined && { storage: storage as ReleaseStorage }),
    ...(namespace !== undefined && { namespace }),
  };
}

function filterOf(filter: JsonObject | undefined): Filter | undefined {
  if (!filter) return undefined;
  return compact({
    only: filter.text('namespace') ?? '',
    statuses: filter.texts('statusFilter'),
    limit: filter.integer('limit'),
    skip: filter.integer('skip'),
    byDate: filter.flag('byDate'),
  });
}

function flatFilter(query: URLSearchParams, only_: string): Filter {
  const once = (name: string): string | undefined => only(query.getAll(name));
  const integer = (name: string): number | undefined => {
    const text = once(name) ?? '';
    return INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
  };
  const statuses = [...query.getAll('statusFilter'), ...query.getAll('statusFilter[]')];
  const isNamed = query.has('statusFilter') || query.has('statusFilter[]');
  const given = statuses.filter((status) => status !== '');
  return compact({
    only: only_,
    statuses: isNamed ? given : undefined,
    limit: integer('limit'),
    skip: integer('skip'),
    byDate: TRUE.has(once('byDate') ?? '') ? true : undefined,
  });
}

type Loose = { [Name in keyof Filter]: Filter[Name] | undefined };

function compact(filter: Loose): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as unknown as Filter;
}

/** A scalar that is given twice says nothing. */
function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** @param isNeeded a body has to say it, a query may */
export function checkUser(call: HttpCall, userId: unknown, isNeeded: boolean): void {
  if (userId === undefined && !isNeeded) return;
  if (userId !== call.actor.number && !(!isNeeded && userId === String(call.actor.number))) throw failure.forbidden();
}

/** @throws Failure 400 for a query whose escapes are broken */
export function checkEncoding(call: HttpCall): void {
  const query = (call.request.raw.url ?? '').split('?').slice(1).join('?');
  try {
    decodeURIComponent(query.replaceAll('+', ' '));
  } catch {
    throw failure.undecodable();
  }
}
