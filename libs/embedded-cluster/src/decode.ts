// Reads what a client sent into the fields of its kind, as the real server reads it into its own types: fields that the kind does not
// have are dropped and named, and a value of another type is refused in the words of Go's decoder.
import { isJsonObject, type Json, type JsonObject, textOf } from './objects.js';
import { canonicalQuantity, parseQuantity } from './quantities.js';
import type { Scalar, Shape } from './schema.js';

/** A value does not fit; the message is that of Go's JSON decoder, or of the one that reads patches. */
export class DecodeError extends Error {
  constructor(
    message: string,
    readonly ofPatch: string,
  ) {
    super(message);
  }
}

export interface Decoded {
  readonly object: JsonObject;
  /** Paths of what was dropped, in the order of their names. */
  readonly unknown: readonly string[];
}

export function decode(value: JsonObject, shape: Shape): Decoded {
  const unknown: string[] = [];
  const object = read(value, shape, { owner: '', path: '', indexed: '' }, unknown);
  return { object: isJsonObject(object) ? object : {}, unknown: unknown.toSorted() };
}

/** What Go's types leave out when it is false; of other flags false is a choice. */
const droppedWhenFalse = new Set([
  'paused',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'publishNotReadyAddresses',
]);

/** Where a value stands: in which Go struct, on which path without and with the positions in lists. */
interface Place {
  readonly owner: string;
  readonly path: string;
  readonly indexed: string;
}

function read(value: Json | undefined, shape: Shape, place: Place, unknown: string[]): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (shape.type === 'scalar') return readScalar(value, shape.scalar, place);
  if (shape.type === 'list') {
    if (!Array.isArray(value)) throw mismatch(value, shape, place);
    const items = value.map(
      (item, index) => read(item, shape.of, { ...place, indexed: `${place.indexed}[${index}]` }, unknown) ?? {},
    );
    // An empty list means something of managed fields alone: nobody shall own anything any more.
    const isKept = items.length > 0 || (shape.of.type === 'object' && shape.of.name === 'meta.v1.ManagedFieldsEntry');
    return isKept ? items : undefined;
  }
  if (!isJsonObject(value)) throw mismatch(value, shape, place);
  const object: JsonObject = {};
  if (shape.type === 'map') {
    for (const [key, part] of Object.entries(value)) {
      object[key] = read(part, shape.of, { ...place, indexed: joined(place.indexed, key) }, unknown) ?? '';
    }
    return Object.keys(object).length ? object : undefined;
  }
  for (const [field, part] of Object.entries(value)) {
    const below = shape.field(field);
    const indexed = joined(place.indexed, field);
    if (!below) {
      unknown.push(indexed);
      continue;
    }
    const owner = shape.name.split('.').at(-1) ?? '';
    if (part === false && droppedWhenFalse.has(field)) continue;
    if (part === '' && field === 'value' && shape.name === 'core.v1.EnvVar') continue;
    const found = read(part, below, { owner, path: joined(place.path, field), indexed }, unknown);
    if (found !== undefined) object[field] = found;
  }
  return object;
}

function joined(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const bounds: Partial<Record<Scalar, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

function readScalar(value: Json, scalar: Scalar, place: Place): Json {
  const shape: Shape = { type: 'scalar', scalar };
  if (scalar === 'any') return value;
  if (scalar === 'boolean') return typeof value === 'boolean' ? value : fail(value, shape, place);
  if (scalar === 'double') return typeof value === 'number' ? value : fail(value, shape, place);
  if (scalar === 'quantity') {
    if (typeof value !== 'number' && typeof value !== 'string') return fail(value, shape, place);
    if (parseQuantity(value) === undefined) throw new DecodeError(quantityText, quantityText);
    return canonicalQuantity(String(value));
  }
  if (scalar === 'int-or-string')
    return typeof value === 'number' || typeof value === 'string' ? value : fail(value, shape, place);
  const bound = bounds[scalar];
  if (bound !== undefined) {
    const fits = typeof value === 'number' && Number.isInteger(value) && value < bound && value >= -bound;
    return fits ? value : fail(value, shape, place);
  }
  if (typeof value !== 'string') return fail(value, shape, place);
  if (scalar === 'bytes') return readBytes(value);
  if (scalar === 'time' || scalar === 'micro-time') checkTime(value, scalar);
  return value;
}

function readBytes(value: string): string {
  const text = value.replaceAll(/[\r\n]/g, '');
  const wrong = text.search(/[^A-Za-z0-9+/=]/);
  const malformed =
    wrong >= 0 ? wrong : Buffer.from(text, 'base64').toString('base64') === text ? -1 : text.length - (text.length % 4);
  if (malformed >= 0) {
    const message = `illegal base64 data at input byte ${malformed}`;
    throw new DecodeError(message, `error decoding from json: ${message}`);
  }
  return text;
}

function checkTime(value: string, scalar: Scalar): void {
  const pattern =
    scalar === 'time'
      ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
      : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
  if (pattern.test(value)) return;
  const layout = scalar === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  const message = `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`;
  throw new DecodeError(message, message);
}

function fail(value: Json, shape: Shape, place: Place): never {
  throw mismatch(value, shape, place);
}

function mismatch(value: Json, shape: Shape, { owner, path }: Place): DecodeError {
  const kind = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  const given =
    kind === 'number' && shape.type === 'scalar' && shape.scalar.startsWith('int') ? `number ${textOf(value)}` : kind;
  const message = `json: cannot unmarshal ${given} into Go struct field ${owner}.${path} of type ${goType(shape)}`;
  return new DecodeError(message, patchMessage(value, shape));
}

function patchMessage(value: Json, shape: Shape): string {
  const given = Array.isArray(value)
    ? '[]interface {}'
    : typeof value === 'number'
      ? Number.isInteger(value)
        ? 'int64'
        : 'float64'
      : isJsonObject(value)
        ? 'map[string]interface {}'
        : typeof value === 'boolean'
          ? 'bool'
          : 'string';
  if (shape.type === 'list') return `cannot restore slice from ${kindOf(value)}`;
  if (shape.type === 'map') return `cannot restore map from ${kindOf(value)}`;
  if (shape.type === 'object') return `cannot restore struct from: ${kindOf(value)}`;
  return `cannot convert ${given} to ${goType(shape)}`;
}

function kindOf(value: Json): string {
  return Array.isArray(value)
    ? 'slice'
    : typeof value === 'number'
      ? 'int64'
      : isJsonObject(value)
        ? 'map'
        : typeof value === 'boolean'
          ? 'bool'
          : 'string';
}

const goScalars: Readonly<Record<Scalar, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  time: 'v1.Time',
  'micro-time': 'v1.MicroTime',
  bytes: '[]uint8',
  any: 'interface {}',
};

function goType(shape: Shape): string {
  if (shape.type === 'scalar') return goScalars[shape.scalar];
  if (shape.type === 'list') return `[]${goType(shape.of)}`;
  if (shape.type === 'map') return `map[string]${goType(shape.of)}`;
  return shape.name.split('.').slice(-2).join('.');
}
