import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

import { options, rules } from './boundaries.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const planted = fileURLToPath(new URL('../fixtures/boundaries', import.meta.url));

async function violations(baseDir: string): Promise<{ rule: string; from: string }[]> {
  const { output } = await cruise(['apps', 'libs', 'tools'], {
    ...options,
    // The planted tree lies in a folder of fixtures, which the real run leaves out.
    ...(baseDir === planted && { exclude: { path: '^(apps|libs|tools)/[^/]+/dist/' } }),
    baseDir,
    validate: true,
    ruleSet: { forbidden: rules },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

describe('boundaries between packages and files', () => {
  it('hold in this repository', async () => {
    expect(await violations(root)).toEqual([]);
  }, 60_000);

  it('are each seen broken where a violation is planted', async () => {
    const seen = new Set((await violations(planted)).map(({ rule }) => rule));
    const generated = rules.filter(({ name }) => name.startsWith('lib-')).map(({ name }) => name);
    // The rules of the libs come from one table; one of them stands for all.
    const expected = rules
      .map(({ name }) => name)
      .filter((name) => !generated.includes(name) || name === 'lib-cluster-imports-only-what-lies-below-it');
    expect([...seen].sort()).toEqual(expect.arrayContaining(expected.sort()));
  }, 60_000);
});

describe('every project', () => {
  it('carries the tag of its folder, which the rules go by', () => {
    const kinds = { apps: 'app', libs: 'lib', tools: 'tool' };
    for (const [folder, kind] of Object.entries(kinds)) {
      for (const name of readdirSync(join(root, folder))) {
        const manifest = JSON.parse(readFileSync(join(root, folder, name, 'package.json'), 'utf8')) as object;
        expect(manifest).toMatchObject({ name: `@slipway/${name}`, nx: { name, tags: [`type:${kind}`] } });
      }
    }
  });
});
