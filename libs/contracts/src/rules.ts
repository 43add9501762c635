// The rules that fields obey, by name. Patterns are linear: none nests a quantifier.

/** Where input breaks a rule. It has no text: each dialect words it. */
export interface Issue {
  /** Dotted, from the top of the input: `containers.0.image`. */
  readonly path: string;
  readonly rule: RuleName;
  /** `shape`: missing, wrong JSON type, not a member of a closed list. `value`: length, range, pattern. */
  readonly kind: 'shape' | 'value';
  readonly params?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** RFC 1123: a label of a host name in lower case. */
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Variable names: core-model, table 1. `..` may not lead, since a Secret key could then not be mounted. */
const VARIABLE_NAME = /^[A-Za-z_.-][A-Za-z0-9_.-]*$/;
/** The reference grammar of container images: [host[:port]/]path[:tag][@digest]. */
const IMAGE_HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?$|^\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?$/;
const IMAGE_PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const IMAGE_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const IMAGE_DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** Kubernetes quantities (apimachinery resource.Quantity), positive ones only. */
const QUANTITY = /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2}|[KMGTPE]i|[numkMGTPE])?$/;
/** No quantity is larger; Kubernetes refuses the whole object for it, long after the request. */
const QUANTITY_LIMIT = 2 ** 63;
const SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const ONE = SUFFIXES.indexOf('');

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** RFC 1123: a host name in lower case, and so the name of most objects of Kubernetes. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isDnsLabel);
}

export function isVariableName(text: string): boolean {
  return (
    text.length <= 253 &&
    VARIABLE_NAME.test(text) &&
    !text.startsWith('..') &&
    text !== '.' &&
    text !== '__proto__' &&
    text !== 'constructor'
  );
}

export function isImageReference(text: string): boolean {
  if (text.length < 1 || text.length > 255) return false;
  const [named = '', digest, ...rest] = text.split('@');
  if (rest.length > 0 || (digest !== undefined && !IMAGE_DIGEST.test(digest))) return false;
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasHost = first !== '' && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (hasHost && !IMAGE_HOST.test(first)) return false;
  const rest2 = hasHost ? named.slice(slash + 1) : named;
  const [path = '', tag, ...more] = rest2.split(':');
  if (more.length > 0 || (tag !== undefined && !IMAGE_TAG.test(tag))) return false;
  return path.split('/').every((part) => IMAGE_PATH_PART.test(part));
}

export function isQuantity(text: string): boolean {
  if (text.length > 64 || !QUANTITY.test(text) || !/[1-9]/.test(text.replace(/[eE].*$/, ''))) return false;
  const suffix = /(?:[KMGTPE]i|[numkMGTPE])?$/.exec(text)?.[0] ?? '';
  const factor = (suffix.endsWith('i') ? 1024 : 1000) ** (SUFFIXES.indexOf(suffix.charAt(0).replace('K', 'k')) - ONE);
  return parseFloat(text) * factor < QUANTITY_LIMIT;
}

/** Text that PostgreSQL, UTF-8 and a terminal all can hold as it was sent: no NUL, and no half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text);
}

/** RFC 3339, any offset, a date that exists. */
export function isRfc3339(text: string): boolean {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
}

export function isEmail(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  return (
    at > 0 &&
    local.length <= 64 &&
    /^[^\s@<>()[\],;:\\"\p{Cc}\p{Cs}]+$/u.test(local) &&
    domain.length <= 253 &&
    domain.split('.').every((label) => /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u.test(label))
  );
}

/** Named formats: the test, and what of it a JSON schema can tell. */
export const rules = {
  uuid: { matches: isUuid, schema: { format: 'uuid' } },
  dns_label: { matches: isDnsLabel, schema: { pattern: DNS_LABEL.source, maxLength: 63 } },
  variable_name: { matches: isVariableName, schema: { pattern: VARIABLE_NAME.source, maxLength: 253 } },
  image: { matches: isImageReference, schema: { minLength: 1, maxLength: 255 } },
  quantity: { matches: isQuantity, schema: { pattern: QUANTITY.source, maxLength: 64 } },
  leading_slash: {
    matches: (text: string) => text.startsWith('/') && text.length <= 2048 && isStorableText(text),
    schema: { pattern: '^/', maxLength: 2048 },
  },
} as const;

export type RuleName =
  | keyof typeof rules
  | 'required'
  | 'string'
  | 'integer'
  | 'boolean'
  | 'object'
  | 'array'
  | 'array_of_strings'
  | 'object_of_strings'
  | 'one_of'
  | 'length'
  | 'range'
  | 'count'
  | 'pattern'
  | 'characters'
  | 'email'
  | 'time'
  | 'future'
  | 'url'
  | 'accessible'
  | 'bytes'
  | 'unchangeable'
  | 'reserved'
  | 'two_labels'
  | 'unknown_email'
  | 'wrong_password'
  | 'reset_token';
