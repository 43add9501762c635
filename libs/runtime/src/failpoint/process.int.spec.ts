import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = `
  const { failpoint, isDropped } = await import('@slipway/runtime');
  for (let pass = 1; pass <= 3; pass += 1) {
    await failpoint('outbox.after-select');
    if (!isDropped('outbox.skip-wake')) console.log(pass);
  }`;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the script in a process of its own, against what was built. */
async function run(failpoints: string, { condition = true, script = SCRIPT } = {}): Promise<Ended> {
  const args = [...(condition ? ['--conditions=slipway-failpoints'] : []), '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, SLIPWAY_FAILPOINTS: failpoints, SLIPWAY_FAILPOINT_SEED: '7' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, out, err };
}

describe('failpoints of a process', () => {
  it.each([
    ['kill@2', { signal: 'SIGKILL', out: '1\n', err: 'failpoint outbox.after-select kill 2\n' }],
    ['exit@2', { code: 1, out: '1\n', err: 'failpoint outbox.after-select exit 2\n' }],
    ['pause:20ms@1', { code: 0, out: '1\n2\n3\n', err: 'failpoint outbox.after-select pause 1\n' }],
    ['block:20ms@1', { code: 0, out: '1\n2\n3\n', err: 'failpoint outbox.after-select block 1\n' }],
  ])('do %s, and write it down before', async (action, ended) => {
    expect(await run(`outbox.after-select=${action}`)).toMatchObject(ended);
  });

  it('throw an error with a code, and leave something out', async () => {
    const script = `
      const { failpoint, isDropped } = await import('@slipway/runtime');
      console.log(isDropped('outbox.skip-wake'), isDropped('outbox.skip-wake'));
      await Promise.resolve().then(() => failpoint('outbox.after-select')).catch(({ code }) => console.log(code));`;
    const rules = 'outbox.after-select=error:ECONNRESET;outbox.skip-wake=drop@2';
    expect(await run(rules, { script })).toMatchObject({ code: 0, out: 'false true\nECONNRESET\n' });
  });

  it('are refused when they cannot be read', async () => {
    const { code, err } = await run('outbox.after-select=explode');
    expect(code).toBe(1);
    expect(err).toContain('SLIPWAY_FAILPOINTS: outbox.after-select=explode cannot be read.');
  });

  it('do nothing in a build without them, which does not start where somebody counts on them', async () => {
    expect(await run('outbox.after-select=kill', { condition: false })).toMatchObject({
      code: 0,
      out: '1\n2\n3\n',
      err: '',
    });
    const script = `
      const { defineService, startService } = await import('@slipway/runtime');
      await startService(defineService({ name: 'catalog', config: class {}, module: () => class {} }));`;
    const { code, err } = await run('outbox.after-select=kill', { condition: false, script });
    expect(code).toBe(1);
    expect(err).toMatch(/SLIPWAY_FAILPOINTS +is set, but this build has no failpoints\./);
  });

  it('are all reached somewhere in the code', async () => {
    const { FAILPOINT_NAMES } = await import('./names.js');
    const sources = ['libs', 'apps'].flatMap((folder) =>
      readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\/src\/.*\.ts$/.test(path) && !/\/node_modules\/|\.spec\.ts$|failpoint\/names/.test(path))
        .map((path) => readFileSync(`${root}/${folder}/${path}`, 'utf8')),
    );
    const reached = new Set(
      sources.flatMap((text) => [...text.matchAll(/(?:failpoint|isDropped)\('([a-z.-]+)'\)/g)].map(([, name]) => name)),
    );
    expect([...FAILPOINT_NAMES].filter((name) => !reached.has(name))).toEqual([]);
  });
});
