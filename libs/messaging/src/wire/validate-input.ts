import { fieldsOf, type Class, type Field, type Issue } from '@slipway/contracts';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';

export interface Validated<T> {
  /** An instance that holds declared fields only. To be used when `issues` is empty. */
  readonly value: T;
  /** What breaks a rule, in the order of declaration, one per field: `required`, else the first of shape, else the first of value. */
  readonly issues: readonly Issue[];
  /** Dotted paths of fields that nobody declared. They are dropped. */
  readonly unknown: readonly string[];
}

/** How deep objects of free form may nest. */
export const MAX_DEPTH = 32;

rememberWhatClassesDeclare();

/**
 * Makes an instance of a declared class out of parsed JSON and checks it. Never throws on input. `__proto__` and `constructor` are
 * dropped, also inside objects of free form; maps of strings keep every name, since their owner has a rule for names.
 */
export function validateInput<T extends object>(target: Class<T>, plain: unknown): Validated<T> {
  const unknown: string[] = [];
  const tooDeep: string[] = [];
  if (!isObject(plain)) {
    return { value: new target(), issues: [{ path: '', rule: 'object', kind: 'shape' }], unknown };
  }
  const value = instantiate(target, plain, '', { unknown, tooDeep }) as T;
  const errors = validateSync(value, { forbidUnknownValues: false, validationError: { target: false, value: false } });
  const issues = issuesOf(target, errors, '').filter((issue) => !tooDeep.includes(issue.path));
  const deep = tooDeep.map((path): Issue => ({ path, rule: 'object', kind: 'shape', params: { maxDepth: MAX_DEPTH } }));
  return { value, issues: [...issues, ...deep], unknown };
}

interface Notes {
  readonly unknown: string[];
  readonly tooDeep: string[];
}

function instantiate(target: Class<object>, plain: object, path: string, notes: Notes): object {
  const instance = new target();
  const fields = fieldsOf(target);
  for (const field of fields) {
    if (!Object.hasOwn(plain, field.name)) continue;
    const here = join(path, field.name);
    Reflect.set(instance, field.name, instantiateField(field, Reflect.get(plain, field.name), here, notes));
  }
  const known = new Set(fields.map((field) => field.name));
  // One by one: a body may hold more names than a call takes arguments.
  for (const name of Object.keys(plain)) if (!known.has(name)) notes.unknown.push(join(path, name));
  return instance;
}

function instantiateField(field: Field, value: unknown, path: string, notes: Notes): unknown {
  const { nested } = field;
  // Whatever is declared: the checks of fields go down into what is no such thing, too.
  if (depthOf(value) > MAX_DEPTH) {
    notes.tooDeep.push(path);
    return {};
  }
  if (nested && field.list && Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      isObject(item) ? instantiate(nested(), item, join(path, String(index)), notes) : item,
    );
  }
  if (nested && !field.list && isObject(value)) return instantiate(nested(), value, path, notes);
  if (field.schema.type !== 'object' || field.schema.additionalProperties !== undefined) return value;
  return withoutDangerousNames(value);
}

function depthOf(value: unknown): number {
  // Level by level, since a recursion would itself break on what it looks for.
  let level: unknown[] = [value];
  for (let depth = 0; ; depth += 1) {
    level = level.flatMap((item): unknown[] => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0 || depth > MAX_DEPTH) return depth;
  }
}

function withoutDangerousNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDangerousNames);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '__proto__' && name !== 'constructor')
      .map(([name, inner]) => [name, withoutDangerousNames(inner)]),
  );
}

function issuesOf(target: Class<object>, errors: readonly ValidationError[], path: string): Issue[] {
  const fields = fieldsOf(target);
  const byName = new Map(errors.map((error) => [error.property, error]));
  return fields.flatMap((field) => {
    const error = byName.get(field.name);
    if (!error) return [];
    const here = join(path, field.name);
    const own = ownIssue(error, here);
    if (own) return [own];
    const nested = field.nested?.();
    if (!nested) return [];
    if (!field.list) return issuesOf(nested, error.children ?? [], here);
    return [...(error.children ?? [])]
      .sort((one, other) => Number(one.property) - Number(other.property))
      .flatMap((item) => {
        const at = join(here, item.property);
        const wrong = ownIssue(item, at);
        return wrong ? [wrong] : issuesOf(nested, item.children ?? [], at);
      });
  });
}

function ownIssue(error: ValidationError, path: string): Issue | undefined {
  const found = Object.keys(error.constraints ?? {}).map((name): Issue => {
    const context = error.contexts?.[name] as Pick<Issue, 'rule' | 'kind' | 'params'> | undefined;
    // Only class-validator's own check of nested objects has no context.
    return { path, ...(context ?? { rule: 'object', kind: 'shape' }) };
  });
  return found.find((issue) => issue.rule === 'required') ?? found.find((issue) => issue.kind === 'shape') ?? found[0];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

// For each object that it checks, nested ones too, class-validator goes through every class that declares anything, which takes as long as
// the check. What it finds for a class stays the same once the class is there; schemas by name and groups, which could change it, nobody uses.
function rememberWhatClassesDeclare(): void {
  const storage = getMetadataStorage();
  const found = new Map<unknown, ReturnType<typeof storage.getTargetValidationMetadatas>>();
  const search = storage.getTargetValidationMetadatas.bind(storage);
  storage.getTargetValidationMetadatas = (target, ...how) => {
    const known = found.get(target) ?? search(target, ...how);
    found.set(target, known);
    return known;
  };
}
