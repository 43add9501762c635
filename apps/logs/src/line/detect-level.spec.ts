import { describe, expect, it } from 'vitest';

import { detectLevel } from './detect-level.js';

describe('detectLevel', () => {
  it.each([
    ['{"level":"warn","msg":"low disk"}', 'warn'],
    ['{"severity":"ERROR","message":"x"}', 'error'],
    ['  {"level":"Critical"}', 'fatal'],
    ['{"level":50,"msg":"pino"}', 'error'],
    ['{"level":35}', 'info'],
    ['{"level":"strange","severity":"debug"}', 'debug'],
    ['{"msg":"error budget","level":"info"}', 'info'],
    ['{"msg":"error budget","severity":"NOTICE"}', 'info'],
  ])('reads the field of the JSON line %s', (text, level) => expect(detectLevel(text)).toBe(level));

  it.each([
    ['2026-03-01 10:00:00 [ERROR] no route', 'error'],
    ['WARNING: deprecated', 'warn'],
    ['time="10:00" level=debug msg="connected"', 'debug'],
    ['app: fatal: cannot start', 'fatal'],
    ['trace entered', 'trace'],
    ['{not json} error', 'error'],
    ['{"msg":"error without a level"}', 'error'],
  ])('finds the word in %s', (text, level) => expect(detectLevel(text)).toBe(level));

  it.each([
    ['listening on 8080'],
    ['0 errors, terrorised'],
    [`${'x'.repeat(41)} error`],
    ['{"level":{"nested":"error"}}'.padStart(60)],
    [''],
  ])('takes "%s" for info', (text) => expect(detectLevel(text)).toBe('info'));
});
