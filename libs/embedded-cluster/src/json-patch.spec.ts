import { describe, expect, it } from 'vitest';

import { jsonPatch } from './json-patch.js';
import type { Json, JsonObject } from './objects.js';

describe('JSON patch', () => {
  it.each<[Json, JsonObject[], Json]>([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ a: { 'b/c': 1 } }, [{ op: 'replace', path: '/a/b~1c', value: 2 }], { a: { 'b/c': 2 } }],
    [{ a: [1, 2] }, [{ op: 'replace', path: '/a/1', value: 3 }], { a: [1, 3] }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 1 }], { a: 1 }],
  ])('of %j with %j gives %j', (target, patch, expected) => {
    const before = JSON.stringify(target);
    expect(jsonPatch(target, patch)).toEqual(expected);
    expect(JSON.stringify(target)).toBe(before);
  });

  it.each<[JsonObject[]]>([
    [[{ op: 'remove', path: '/absent' }]],
    [[{ op: 'add', path: '/absent/deep', value: 1 }]],
    [[{ op: 'add', path: '/list/7', value: 1 }]],
    [[{ op: 'test', path: '/a', value: 2 }]],
    [[{ op: 'turn', path: '/a' }]],
  ])('refuses %j', (patch) => {
    expect(() => jsonPatch({ a: 1, list: [] }, patch)).toThrow(expect.objectContaining({ code: 422 }));
  });
});
