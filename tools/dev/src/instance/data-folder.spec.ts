import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openDataFolder } from './data-folder.js';

describe('open the data folder', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'data-folder-'));
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('makes a folder that others cannot list, and opens it again', () => {
    const folder = join(parent, 'a', 'b');
    openDataFolder(folder);
    expect(statSync(folder).mode & 0o066).toBe(0);
    openDataFolder(folder);
  });

  it('refuses data of another version in one sentence', () => {
    const folder = join(parent, 'a');
    openDataFolder(folder);
    writeFileSync(join(folder, 'version'), '99\n');
    expect(() => openDataFolder(folder)).toThrow(/holds data of version 99, and this Slipway reads version 1: use/);
  });

  it('says that the disk is full, how full, and makes nothing', () => {
    const folder = join(parent, 'a');
    expect(() => openDataFolder(folder, 2 ** 60)).toThrow(
      /^The disk that holds \S+ is full: \d+ MiB are free and \d+ MiB are needed\. Free some space/,
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses a folder that holds something else', () => {
    writeFileSync(join(parent, 'thesis.txt'), '');
    expect(() => openDataFolder(parent)).toThrow(/is not empty and not a data folder of Slipway/);
  });
});
