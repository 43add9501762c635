import type { Class } from '@slipway/contracts';
import { validateInput } from '@slipway/messaging';
import { describe, expect, it } from 'vitest';

import { acceptDeployment, acceptScale, acceptVariables, resourceIssues, variableIssues } from './deployment-rules.js';
import { CreateDeployment, PatchVariables, ScaleDeployment, UpdateDeployment } from './deployments.dto.js';
import { Submitted } from './json-body.js';
import { wordIssue } from './rule-texts.js';

const texts = (issues: readonly { path: string; text: string }[]) => issues.map(({ path, text }) => `${path}: ${text}`);

function submitted<T extends object>(type: Class<T>, body: object): Submitted<T> {
  const { value, issues } = validateInput(type, body);
  return new Submitted(type, value, issues.map(wordIssue));
}

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
    [{ cpu_request: '700m', cpu_limit: '0.7' }, []],
    [{ cpu_request: '1400m', cpu_limit: '1.4' }, []],
    [{ cpu: '0.7', cpu_request: '700m' }, []],
    [{ cpu_request: '701m', cpu_limit: '0.7' }, ['resources.cpu_request: must not be above resources.cpu_limit']],
    [{ cpu_request: '1e5x', cpu_limit: '1' }, []],
    [{ cpu_request: '2', cpu_limit: '1e999999999' }, []],
    [{ cpu_request: null, cpu_limit: '1' }, []],
  ])('judges %j', (resources, issues) => expect(texts(resourceIssues(resources))).toEqual(issues));
});

describe('replicas', () => {
  it.each([1e20, -1e20, 0.5e20, 31, -1])('of %d are told their true bounds', (replicas) => {
    const told = (min: number): unknown =>
      expect.objectContaining({ status: 400, details: `replicas: must be between ${min} and 30` });
    const scale = submitted(ScaleDeployment, { replicas });
    expect(() => acceptScale(scale, 30)).toThrow(told(0));
    const update = submitted(UpdateDeployment, { replicas });
    expect(() => acceptDeployment(update, 30)).toThrow(told(1));
    const create = submitted(CreateDeployment, { app_name: 'shop', image: 'shop:1', port: 8080, replicas });
    expect(() => acceptDeployment(create, 30)).toThrow(told(1));
  });

  it('are accepted up to the bound', () => {
    expect(acceptScale(submitted(ScaleDeployment, { replicas: 30 }), 30)).toBe(30);
    expect(acceptScale(submitted(ScaleDeployment, { replicas: 0 }), 30)).toBe(0);
  });
});

describe('acceptVariables', () => {
  const named = (prefix: string, count: number, value: string | null) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, value]));
  const accept = (env_vars: Record<string, string | null>) => acceptVariables(submitted(PatchVariables, { env_vars }));

  it('counts and weighs what is set, not what is to go', () => {
    const many = { ...named('OLD', 600, null), ...named('NEW', 600, '1') };
    expect(accept(many)).toEqual(many);
    const large = { ...named('A'.repeat(240), 100, null), ...named('LARGE', 4, 'x'.repeat(130_000)) };
    expect(accept(large)).toEqual(large);
  });

  it('refuses more of either than a deployment has, and bad names of both', () => {
    const count = expect.objectContaining({ details: 'env_vars: must have at most 1000 entries' }) as Error;
    expect(() => accept(named('A', 1_001, '1'))).toThrow(count);
    expect(() => accept(named('A', 1_001, null))).toThrow(count);
    const name = expect.objectContaining({ details: 'env_vars.1A: must match [A-Za-z_][A-Za-z0-9_]*' }) as Error;
    expect(() => accept({ '1A': null })).toThrow(name);
  });
});
