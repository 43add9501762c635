import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { errorLine, openLogFile } from './log-file.js';

describe('the log of an instance', () => {
  it('shows an error with its service and cause', () => {
    const line = '{"level":"error","service":"logs","msg":"could not follow","err":{"message":"no route"}}';
    expect(errorLine(line)).toBe('logs: could not follow: no route');
  });

  it('shows what is no log line, since only a crash prints that', () => {
    expect(errorLine('TypeError: x is not a function')).toBe('TypeError: x is not a function');
  });

  it('keeps everything in the file and the rest off the screen', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-file-'));
    try {
      const shown: string[] = [];
      const log = openLogFile(join(folder, 'slipway.log'), (line) => shown.push(line));
      log.write('{"level":"info","msg":"started"}\n');
      log.write('{"level":"fatal","msg":"gone"}');
      log.close();
      expect(readFileSync(log.path, 'utf8').split('\n')).toHaveLength(3);
      expect(shown).toEqual(['slipway: gone']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
