// The fields of the served kinds, as a real cluster publishes them: their types, which lists are merged by the keys of their items,
// which are sets, and what is replaced as a whole. schema.json is written by libs/cluster/src/contract/schema.real.spec.ts.
import definitions from './schema.json' with { type: 'json' };
import { isJsonObject, type Json, type JsonObject, textOf } from './objects.js';

export type Scalar =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'micro-time'
  | 'bytes'
  | 'any';

export type Shape =
  | { readonly type: 'scalar'; readonly scalar: Scalar }
  | { readonly type: 'map'; readonly of: Shape; readonly atomic: boolean }
  | {
      readonly type: 'object';
      /** e.g. core.v1.Container */
      readonly name: string;
      readonly field: (name: string) => Shape | undefined;
      readonly atomic: boolean;
      readonly retainKeys: boolean;
    }
  | ListShape;

export interface ListShape {
  readonly type: 'list';
  readonly of: Shape;
  /** Of a list that server-side apply merges item by item. */
  readonly keys: readonly string[] | undefined;
  readonly isSet: boolean;
  /** Of a list that a strategic merge patch merges item by item; empty for one of values. */
  readonly mergeKey: string | undefined;
}

const table = definitions as Readonly<Record<string, Readonly<Record<string, string>>>>;
const scalarNames = new Set<string>([
  'string',
  'boolean',
  'int32',
  'int64',
  'double',
  'quantity',
  'int-or-string',
  'time',
  'micro-time',
  'bytes',
  'any',
]);
const known = new Map<string, Shape>();

/** Anything goes: of what is not described. */
export const anything: Shape = { type: 'scalar', scalar: 'any' };

/** The shape of a served kind, by what its objects say of themselves. */
export function shapeOf({ apiVersion, kind }: JsonObject): Shape {
  const [group, version] = /\//.test(textOf(apiVersion)) ? textOf(apiVersion).split('/') : ['core', textOf(apiVersion)];
  return definition(`${group?.split('.')[0]}.${version}.${textOf(kind)}`);
}

export function definition(name: string): Shape {
  const fields = table[name];
  if (!fields) return anything;
  return remembered(name, () => ({
    type: 'object',
    name,
    field: (field) => {
      const text = field === '' ? undefined : fields[field];
      return text === undefined ? undefined : remembered(`${name}.${field}`, () => parse(text));
    },
    atomic: fields[''] === 'atomic',
    retainKeys: false,
  }));
}

/** What lies below a field of an object or a map. */
export function shapeBelow(shape: Shape, field: string): Shape {
  if (shape.type === 'map') return shape.of;
  return (shape.type === 'object' ? shape.field(field) : undefined) ?? anything;
}

export function itemShape(shape: Shape): Shape {
  return shape.type === 'list' ? shape.of : anything;
}

export function isAtomic(shape: Shape): boolean {
  return (shape.type === 'object' || shape.type === 'map') && shape.atomic;
}

const keyDefaults: Readonly<Record<string, Json>> = { protocol: 'TCP', port: 0, containerPort: 0 };

/** The key of an item as managedFields writes it. A field that the item lacks has the default of its type. */
export function itemKey(item: JsonObject, keys: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(keys.toSorted().map((key) => [key, item[key] ?? keyDefaults[key] ?? ''])));
}

/** Whether a value is merged part by part, or is a leaf that is replaced as a whole. */
export function isMerged(shape: Shape, value: Json | undefined): boolean {
  if (isJsonObject(value)) return !isAtomic(shape);
  return Array.isArray(value) && shape.type === 'list' && (shape.keys !== undefined || shape.isSet);
}

function parse(text: string): Shape {
  const [type = '', ...rules] = text.split(' ');
  const rule = (name: string): string | undefined =>
    rules.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  if (type.startsWith('[]')) {
    return {
      type: 'list',
      of: parse(type.slice(2)),
      keys: rule('keys')?.split(','),
      isSet: rules.includes('set'),
      mergeKey: rule('merge'),
    };
  }
  if (type.startsWith('map:')) return { type: 'map', of: parse(type.slice(4)), atomic: rules.includes('atomic') };
  if (scalarNames.has(type)) return { type: 'scalar', scalar: type as Scalar };
  const shape = definition(type);
  if (shape.type !== 'object') return shape;
  return { ...shape, atomic: shape.atomic || rules.includes('atomic'), retainKeys: rules.includes('retainKeys') };
}

function remembered(name: string, make: () => Shape): Shape {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}
