import { Format, Integer, JsonObject, Nested, NestedList, Optional, Text, TextMap } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { MAX_DEPTH, validateInput } from './validate-input.js';

class Port {
  @Integer({ min: 1, max: 65535 })
  number: number;

  @Text()
  @Optional()
  name?: string;
}

class Container {
  @Text({ min: 1 })
  name: string;

  @Format('image')
  image: string;

  @NestedList(() => Port, { max: 2 })
  @Optional()
  ports?: Port[];
}

class Deploy {
  @Text({ min: 3, max: 5, pattern: /^[a-z]+$/ })
  name: string;

  @NestedList(() => Container)
  containers: Container[];

  @Nested(() => Port)
  @Optional()
  port?: Port;

  @TextMap()
  @Optional()
  env?: Record<string, string>;

  @JsonObject()
  @Optional()
  file?: object;
}

const valid = { name: 'shop', containers: [{ name: 'web', image: 'nginx:1' }] };
const issuesOf = (plain: unknown) =>
  validateInput(Deploy, plain).issues.map(({ path, rule, kind }) => `${path} ${rule} ${kind}`);
const nest = (depth: number): object => (depth === 0 ? {} : { in: nest(depth - 1) });

describe('validate input', () => {
  it('makes instances, nested ones too', () => {
    const { value, issues, unknown } = validateInput(Deploy, { ...valid, port: { number: 80 } });
    expect({ issues, unknown }).toEqual({ issues: [], unknown: [] });
    expect(value).toBeInstanceOf(Deploy);
    expect(value.containers[0]).toBeInstanceOf(Container);
    expect(value.port).toBeInstanceOf(Port);
  });

  it('tells one issue for each field, in the order of declaration', () => {
    expect(
      issuesOf({ port: { number: 'x' }, name: 'NO', containers: [{ image: 5 }, 'x', { name: '', image: '' }] }),
    ).toEqual([
      'name length value',
      'containers.0.name required shape',
      'containers.0.image string shape',
      'containers.1 object shape',
      'containers.2.name length value',
      'containers.2.image image value',
      'port.number integer shape',
    ]);
  });

  it('tells required before all else, shape before value', () => {
    expect(issuesOf({})).toEqual(['name required shape', 'containers required shape']);
    expect(issuesOf({ ...valid, name: null })).toEqual(['name required shape']);
    expect(issuesOf({ ...valid, name: 5 })).toEqual(['name string shape']);
    expect(issuesOf({ ...valid, containers: {} })).toEqual(['containers array shape']);
    expect(issuesOf({ ...valid, port: [] })).toEqual(['port object shape']);
  });

  it('takes absent and null for an optional field', () => {
    expect(issuesOf({ ...valid, port: null, env: undefined })).toEqual([]);
  });

  it('gives the parameters of the rule', () => {
    expect(validateInput(Deploy, { ...valid, name: 'toolong' }).issues[0]?.params).toEqual({ min: 3, max: 5 });
  });

  it.each([null, 5, 'text', [], undefined])('refuses %j, which is no object', (plain) => {
    expect(issuesOf(plain)).toEqual([' object shape']);
  });

  it('drops fields that nobody declared and names them', () => {
    const { value, unknown } = validateInput(Deploy, {
      ...valid,
      extra: 1,
      containers: [{ name: 'web', image: 'nginx', foo: 2 }],
    });
    expect(unknown).toEqual(['containers.0.foo', 'extra']);
    expect(value).not.toHaveProperty('extra');
    expect(value.containers[0]).not.toHaveProperty('foo');
  });

  it('names as many unknown fields as there are, more than a call takes arguments', () => {
    const plain = Object.fromEntries(Array.from({ length: 500_000 }, (_, index) => [`f${index}`, null]));
    expect(validateInput(Deploy, plain).unknown).toHaveLength(500_000);
  });

  it('drops __proto__ and constructor, also inside objects of free form', () => {
    const plain: unknown = JSON.parse(
      `{"name":"shop","containers":[],"__proto__":{"polluted":1},"file":{"a":{"__proto__":{"polluted":1},"constructor":{},"b":[{"__proto__":{}}]}}}`,
    );
    const { value, unknown } = validateInput(Deploy, plain);
    expect(unknown).toEqual(['__proto__']);
    expect(Reflect.get(value, 'polluted')).toBeUndefined();
    expect(JSON.stringify(value.file)).toBe('{"a":{"b":[{}]}}');
  });

  it('keeps every name of a map of strings: its owner has a rule for names', () => {
    const plain: unknown = JSON.parse(`{"name":"shop","containers":[],"env":{"constructor":"x"}}`);
    expect(validateInput(Deploy, plain).value.env).toEqual({ constructor: 'x' });
  });

  it.each(['name', 'containers', 'env', 'port', 'file'])(
    'refuses what nests too deep, also where %s is no such thing',
    (field) => {
      const arrays = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
      for (const depth of [MAX_DEPTH + 2, 5_000])
        expect(issuesOf({ ...valid, [field]: arrays(depth) })).toEqual([`${field} object shape`]);
      expect(issuesOf({ ...valid, [field]: nest(5_000) })).toEqual([`${field} object shape`]);
    },
  );

  it('refuses objects of free form that nest too deep', () => {
    expect(issuesOf({ ...valid, file: nest(MAX_DEPTH - 1) })).toEqual([]);
    expect(issuesOf({ ...valid, file: nest(MAX_DEPTH + 1) })).toEqual(['file object shape']);
    expect(issuesOf({ ...valid, file: nest(5_000) })).toEqual(['file object shape']);
  });
});
