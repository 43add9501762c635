// What a request asks for beside its object: the query parameters of a write, a list or a watch, checked as the real server checks
// them.
import { badRequest, type Cause, invalid } from './status-error.js';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptionsQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string | undefined;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

const optionsKind = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' } as const;

export function writeOptions(
  query: URLSearchParams,
  verb: keyof typeof optionsKind,
  applies: boolean,
): WriteOptionsQuery {
  const causes: Cause[] = [];
  const unsupported = (field: string, value: string, supported: string): void => {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${value}: supported values: ${supported}`,
      field,
    });
  };
  const fieldManager = query.get('fieldManager') ?? undefined;
  const force = query.get('force') === 'true' || query.get('force') === '1';
  if (verb === 'patch' && applies && !fieldManager) {
    causes.push({
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    });
  }
  if (verb === 'patch' && !applies && force) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    causes.push({ reason: 'FieldValueForbidden', message, field: 'force' });
  }
  if (fieldManager !== undefined && Buffer.byteLength(fieldManager) > 128) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 128 bytes',
      field: 'fieldManager',
    });
  }
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All'))
    unsupported('dryRun', JSON.stringify(dryRun).replaceAll('","', '" "'), '"All"');
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    unsupported('fieldValidation', JSON.stringify(fieldValidation), '"", "Ignore", "Strict", "Warn"');
  }
  if (causes.length) throw invalidOptions(optionsKind[verb], causes);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: (fieldValidation || 'Warn') as FieldValidation,
    force,
  };
}

export function invalidOptions(kind: string, causes: Cause[]): Error {
  return invalid({ kind, group: 'meta.k8s.io' }, '', causes);
}

export interface ListOptions {
  readonly limit: number;
  readonly continue: string;
  /** Empty: the present. */
  readonly resourceVersion: string;
  readonly match: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

export function listOptions(query: URLSearchParams, watches: boolean): ListOptions {
  const timeoutSeconds = integer(query, 'timeoutSeconds');
  const limit = integer(query, 'limit') ?? 0;
  const sendInitialEvents = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined;
  const options: ListOptions = {
    limit,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    sendInitialEvents,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: timeoutSeconds !== undefined && timeoutSeconds > 0 ? timeoutSeconds : undefined,
  };
  const causes = watches ? watchCauses(options) : listCauses(options);
  if (causes.length) throw invalidOptions('ListOptions', causes);
  return options;
}

const forbid = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

function watchCauses({ match, sendInitialEvents }: ListOptions): Cause[] {
  const field = 'resourceVersionMatch';
  const causes: Cause[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    causes.push(forbid(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    if (match) causes.push(unsupportedMatch(match, '"NotOlderThan"'));
  } else if (sendInitialEvents === undefined && match) {
    causes.push(forbid(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  return causes;
}

function listCauses({ match, resourceVersion, sendInitialEvents, continue: token }: ListOptions): Cause[] {
  const field = 'resourceVersionMatch';
  const causes: Cause[] = [];
  if (match && !resourceVersion)
    causes.push(forbid(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (match && token) causes.push(forbid(field, 'resourceVersionMatch is forbidden when continue is provided'));
  if (match && match !== 'Exact' && match !== 'NotOlderThan')
    causes.push(unsupportedMatch(match, '"Exact", "NotOlderThan", ""'));
  if (match === 'Exact' && resourceVersion === '0') {
    causes.push(forbid(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (sendInitialEvents !== undefined)
    causes.push(forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return causes;
}

function unsupportedMatch(match: string, supported: string): Cause {
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' };
}

/** An integer of the query, undefined when there is none. Throws a 400 in Go's words. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
