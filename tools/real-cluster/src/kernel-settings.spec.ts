import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { rememberKernelSettings, restoreKernelSettings } from './kernel-settings.js';

let home: string;
let root: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clusters-'));
  root = join(home, 'sys');
  mkdirSync(join(root, 'vm'), { recursive: true });
  mkdirSync(join(root, 'kernel/keys'), { recursive: true });
  setAll('0');
});
afterEach(() => rmSync(home, { recursive: true }));

const NAMES = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'].concat([
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
]);

/** As a kubelet does. */
function setAll(value: string): void {
  for (const name of NAMES) writeFileSync(join(root, name), value);
}

function start(name: string): { folder: string } {
  const layout = { folder: join(home, name) };
  mkdirSync(layout.folder);
  rememberKernelSettings(layout, root);
  setAll('1');
  return layout;
}

function stop(layout: { folder: string }): void {
  restoreKernelSettings(layout, root);
  rmSync(layout.folder, { recursive: true });
}

describe('the settings of the kernel', () => {
  it('are what they were before the first cluster once the last one is stopped, and not earlier', () => {
    const [first, second] = [start('first'), start('second')];
    stop(first);
    expect(readFileSync(join(root, 'kernel/panic'), 'utf8')).toBe('1');
    stop(second);
    for (const name of NAMES) expect(readFileSync(join(root, name), 'utf8')).toBe('0');
  });
});
