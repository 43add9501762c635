// Whether what is applied fits the schema, in the words of the library that merges applications in the real server.
import { displayPath, TypedPatchError } from './field-sets.js';
import { isJsonObject, type Json, type JsonObject } from './objects.js';
import { itemKey, type Shape } from './schema.js';

/** Throws TypedPatchError with everything that does not fit. */
export function checkTyped(config: JsonObject, shape: Shape): void {
  const errors: string[] = [];
  visit(config, shape, [], errors);
  if (errors.length === 1) throw new TypedPatchError(errors[0]);
  if (errors.length) throw new TypedPatchError(`errors:\n${errors.map((error) => `  ${error}`).join('\n')}`);
}

function visit(value: Json | undefined, shape: Shape, path: string[], errors: string[]): void {
  if (value === undefined || value === null) return;
  const wrong = (why: string): number => errors.push(`${displayPath(path.join('\u0000'))}: ${why}`);
  if (shape.type === 'scalar') {
    const expected = expectation(value, shape.scalar);
    if (expected) wrong(`expected ${expected}, got ${describe(value)}`);
  } else if (shape.type === 'list') {
    if (!Array.isArray(value)) wrong(`expected list, got ${describe(value)}`);
    else {
      value.forEach((item, index) => {
        const key = shape.keys && isJsonObject(item) ? itemKey(item, shape.keys) : undefined;
        visit(item, shape.of, [...path, key === undefined ? `i:${index}` : `k:${key}`], errors);
      });
    }
  } else if (!isJsonObject(value)) wrong(`expected map, got ${describe(value)}`);
  else {
    for (const [field, part] of Object.entries(value)) {
      const below = shape.type === 'map' ? shape.of : shape.field(field);
      if (below) visit(part, below, [...path, `f:${field}`], errors);
      else errors.push(`${displayPath([...path, `f:${field}`].join('\u0000'))}: field not declared in schema`);
    }
  }
}

function expectation(value: Json, scalar: string): string | undefined {
  if (scalar === 'boolean') return typeof value === 'boolean' ? undefined : 'boolean';
  if (scalar === 'int32' || scalar === 'int64' || scalar === 'double') {
    return typeof value === 'number' ? undefined : 'numeric (int or float)';
  }
  if (scalar === 'any' || scalar === 'quantity' || scalar === 'int-or-string') return undefined;
  return typeof value === 'string' ? undefined : 'string';
}

function describe(value: Json): string {
  if (typeof value === 'string') return 'string';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `&value.valueUnstructured{Value:${text}}`;
}
