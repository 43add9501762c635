// The vocabulary in which messages and request bodies declare their fields. Each decorator is a composition of class-validator's, with the
// rule's name as context, and leaves a note from which the JSON schema is made: what is checked and what is published cannot differ.
import 'reflect-metadata';

import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';

import { isEmail, isRfc3339, isStorableText, rules, type Issue, type RuleName } from './rules.js';

export type Class<T> = new () => T;

/** What a field is, as far as a JSON schema tells it. */
export interface Field {
  readonly name: string;
  readonly schema: Record<string, unknown>;
  /** The nested class, when the field holds one or a list of them. */
  readonly nested?: () => Class<object>;
  readonly list?: boolean;
  optional: boolean;
  sealed: boolean;
}

const FIELDS = Symbol('slipway.fields');

/** The declared fields of a class, in the order of their declaration. */
export function fieldsOf(target: Class<object>): readonly Field[] {
  return (Reflect.getOwnMetadata(FIELDS, target.prototype as object) as Field[] | undefined) ?? [];
}

// class-validator drops the context of a failure whose message is empty, so the rule's name is the message.
const option = (rule: RuleName, kind: Issue['kind'], params?: Issue['params']): ValidationOptions => ({
  message: rule,
  context: { rule, kind, ...(params && { params }) } satisfies Pick<Issue, 'rule' | 'kind' | 'params'>,
});
const shape = (rule: RuleName, params?: Issue['params']): ValidationOptions => option(rule, 'shape', params);
const value = (rule: RuleName, params?: Issue['params']): ValidationOptions => option(rule, 'value', params);

const StorableText = (each = false): PropertyDecorator =>
  ValidateBy(
    { name: 'characters', validator: { validate: (text) => typeof text === 'string' && isStorableText(text) } },
    { each, ...value('characters') },
  );

function declare(
  field: Omit<Field, 'name' | 'optional' | 'sealed'>,
  validators: PropertyDecorator[],
): PropertyDecorator {
  return (target, property) => {
    const name = String(property);
    let fields = Reflect.getOwnMetadata(FIELDS, target) as Field[] | undefined;
    if (!fields) Reflect.defineMetadata(FIELDS, (fields = []), target);
    // Decorators run from the last to the first: marks below this one have been kept on the prototype until now.
    const marks = (Reflect.getOwnMetadata(MARKS, target, property) as Marks | undefined) ?? {
      optional: false,
      sealed: false,
    };
    fields.push({ ...field, name, ...marks });
    if (!marks.optional) IsDefined(shape('required'))(target, property);
    for (const validator of validators) validator(target, property);
  };
}

interface Marks {
  optional: boolean;
  sealed: boolean;
}
const MARKS = Symbol('slipway.marks');

function mark(change: Partial<Marks>): PropertyDecorator {
  return (target, property) => {
    if (fieldsOf(target.constructor as Class<object>).some((field) => field.name === property)) {
      throw new Error(
        `${target.constructor.name}.${String(property)}: @Optional and @Sealed stand below the field's type`,
      );
    }
    const marks = (Reflect.getOwnMetadata(MARKS, target, property) as Marks | undefined) ?? {
      optional: false,
      sealed: false,
    };
    Reflect.defineMetadata(MARKS, { ...marks, ...change }, target, property);
  };
}

/** The field may be absent or null. Stands below the type. */
export function Optional(): PropertyDecorator {
  const marked = mark({ optional: true });
  return (target, property) => {
    marked(target, property);
    IsOptional()(target, property);
  };
}

/** The field is encrypted for the receiving service before it is published, and in any recorded answer. Stands below the type. */
export function Sealed(): PropertyDecorator {
  return mark({ sealed: true });
}

/** A string of `min` to `max` characters (default 0 to 65536), matching `pattern` when given, without NUL and well-formed. */
export function Text(
  options: { min?: number; max?: number; pattern?: RegExp; rule?: RuleName } = {},
): PropertyDecorator {
  const { min = 0, max = 65_536, pattern, rule } = options;
  const validators = [IsString(shape('string')), Length(min, max, value('length', { min, max })), StorableText()];
  if (pattern) validators.push(Matches(pattern, value(rule ?? 'pattern', { pattern: pattern.source })));
  return declare(
    {
      schema: {
        type: 'string',
        ...(min ? { minLength: min } : {}),
        maxLength: max,
        ...(pattern ? { pattern: pattern.source } : {}),
      },
    },
    validators,
  );
}

/** One of a rule's named formats, see rules.ts. */
export function Format(rule: keyof typeof rules): PropertyDecorator {
  const { matches, schema } = rules[rule];
  return declare({ schema: { type: 'string', ...schema } }, [
    IsString(shape('string')),
    ValidateBy(
      { name: rule, validator: { validate: (text) => typeof text === 'string' && matches(text) } },
      value(rule),
    ),
  ]);
}

/** A UUID in any case. */
export const Id = (): PropertyDecorator => Format('uuid');

/** A time as RFC 3339 text. */
export function Time(): PropertyDecorator {
  return declare({ schema: { type: 'string', format: 'date-time' } }, [
    IsString(shape('string')),
    ValidateBy(
      { name: 'time', validator: { validate: (text) => typeof text === 'string' && isRfc3339(text) } },
      value('time'),
    ),
  ]);
}

/** An e-mail address of at most 254 characters, its local part at most 64; the domain needs no dot. */
export function Email(): PropertyDecorator {
  return declare({ schema: { type: 'string', format: 'email', maxLength: 254 } }, [
    IsString(shape('string')),
    ValidateBy(
      { name: 'email', validator: { validate: (text) => typeof text === 'string' && isEmail(text) } },
      value('email'),
    ),
  ]);
}

/** A whole number of `min` to `max` (defaults: those of safe integers). */
export function Integer(options: { min?: number; max?: number } = {}): PropertyDecorator {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  return declare({ schema: { type: 'integer', minimum: min, maximum: max } }, [
    IsInt(shape('integer')),
    Min(min, value('range', { min, max })),
    Max(max, value('range', { min, max })),
  ]);
}

export function Flag(): PropertyDecorator {
  return declare({ schema: { type: 'boolean' } }, [IsBoolean(shape('boolean'))]);
}

/** One of a closed list of strings. */
export function OneOf(values: readonly string[]): PropertyDecorator {
  return declare({ schema: { type: 'string', enum: [...values] } }, [
    IsIn([...values], shape('one_of', { values: [...values] })),
  ]);
}

/** A list of strings as of `Text`, each of at most `maxLength` characters (65536), at most `max` of them (1000). */
export function TextList(options: { max?: number; maxLength?: number } = {}): PropertyDecorator {
  const { max = 1000, maxLength = 65_536 } = options;
  return declare({ schema: { type: 'array', maxItems: max, items: { type: 'string', maxLength } } }, [
    IsArray(shape('array_of_strings')),
    IsString({ each: true, ...shape('array_of_strings') }),
    ArrayMaxSize(max, value('count', { max })),
    Length(0, maxLength, { each: true, ...value('length', { min: 0, max: maxLength }) }),
    StorableText(true),
  ]);
}

/** A closed list of strings, any number of them. */
export function SomeOf(values: readonly string[]): PropertyDecorator {
  return declare({ schema: { type: 'array', items: { type: 'string', enum: [...values] } } }, [
    IsArray(shape('array')),
    IsIn([...values], { each: true, ...shape('one_of', { values: [...values] }) }),
  ]);
}

/** An object whose values are strings, or also null. Sizes and names are the owner's rule. */
export function TextMap({ nullable = false }: { nullable?: boolean } = {}): PropertyDecorator {
  const type = nullable ? ['string', 'null'] : 'string';
  return declare({ schema: { type: 'object', additionalProperties: { type } } }, [
    ValidateBy(
      {
        name: 'textMap',
        validator: {
          validate: (map: unknown) =>
            typeof map === 'object' &&
            map !== null &&
            !Array.isArray(map) &&
            Object.values(map).every((text) => typeof text === 'string' || (nullable && text === null)),
        },
      },
      shape('object_of_strings'),
    ),
  ]);
}

/** Any JSON object, carried untouched. */
export function JsonObject(): PropertyDecorator {
  return declare({ schema: { type: 'object' } }, [
    IsObject(shape('object')),
    ValidateBy({ name: 'plain', validator: { validate: (object) => !Array.isArray(object) } }, shape('object')),
  ]);
}

/** An object of a declared class. */
export function Nested(type: () => Class<object>): PropertyDecorator {
  return declare({ schema: {}, nested: type }, [
    ValidateBy(
      {
        name: 'object',
        validator: { validate: (object) => typeof object === 'object' && object !== null && !Array.isArray(object) },
      },
      shape('object'),
    ),
    ValidateNested(),
    Type(type),
  ]);
}

/** A list of objects of a declared class, at most `max` of them (1000). */
export function NestedList(type: () => Class<object>, options: { max?: number } = {}): PropertyDecorator {
  const { max = 1000 } = options;
  return declare({ schema: { type: 'array', maxItems: max }, nested: type, list: true }, [
    IsArray(shape('array')),
    ArrayMaxSize(max, value('count', { max })),
    ValidateNested({ each: true }),
    Type(type),
  ]);
}
