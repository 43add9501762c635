import { describe, expect, it } from 'vitest';

import { resourceIssues, variableIssues } from './deployment-rules.js';

const texts = (issues: readonly { path: string; text: string }[]) => issues.map(({ path, text }) => `${path}: ${text}`);

describe('variableIssues', () => {
  it('accepts names of the documented form', () => {
    expect(variableIssues({ A: '', _b9: 'x', ['X'.repeat(253)]: 'y' })).toEqual([]);
    expect(variableIssues(undefined)).toEqual([]);
    expect(variableIssues(null)).toEqual([]);
  });

  it.each(['1A', 'A-B', 'A.B', '', 'Ä', 'X'.repeat(254)])('refuses the name %j', (name) => {
    expect(texts(variableIssues(JSON.parse(`{${JSON.stringify(name)}:"x"}`)))).toEqual([
      `env_vars.${name.slice(0, 253)}: must match [A-Za-z_][A-Za-z0-9_]*`,
    ]);
  });

  it.each(['constructor', '__proto__'])('refuses the name %s with the true reason, since it has the form', (name) => {
    expect(texts(variableIssues(JSON.parse(`{${JSON.stringify(name)}:"x"}`)))).toEqual([
      `env_vars.${name}: must not be named __proto__ or constructor`,
    ]);
  });

  it('refuses NUL, pairs and maps that are too large', () => {
    expect(texts(variableIssues({ A: 'a\0b' }))).toEqual(['env_vars.A: must not contain NUL']);
    expect(texts(variableIssues({ A: '\ud800' }))).toEqual(['env_vars.A: must not contain half of a surrogate pair']);
    expect(texts(variableIssues({ A: 'x'.repeat(131_071) }))).toEqual(['env_vars.A: must be below 131072 bytes']);
    expect(variableIssues({ A: 'x'.repeat(131_070) })).toEqual([]);
    const four = Object.fromEntries(['A', 'B', 'C', 'D'].map((name) => [name, 'x'.repeat(131_070)]));
    expect(variableIssues(four)).toEqual([]);
    expect(texts(variableIssues({ ...four, E: 'xxxx' }))).toEqual(['env_vars: must be below 524288 bytes']);
    const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`A${index}`, '']));
    expect(texts(variableIssues(many))).toEqual(['env_vars: must have at most 1000 entries']);
  });
});

describe('resourceIssues', () => {
  it.each([
    [{ cpu: '1', cpu_request: '2' }, ['resources.cpu_request: must not be above resources.cpu_limit']],
    [
      { memory_request: '1Gi', memory_limit: '512Mi' },
      ['resources.memory_request: must not be above resources.memory_limit'],
    ],
    [{ cpu_request: '2' }, []],
    [{ cpu_limit: '50m' }, []],
    [{ cpu: '2', memory: '1Gi' }, []],
    [{ cpu_request: '1000m', cpu_limit: '1' }, []],
    [{ cpu_request: null, cpu_limit: '1' }, []],
  ])('judges %j', (resources, issues) => expect(texts(resourceIssues(resources))).toEqual(issues));
});
