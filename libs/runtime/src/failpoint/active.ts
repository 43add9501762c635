// Failpoints as crash tests have them. SLIPWAY_FAILPOINTS says which act (parse-failpoints.ts), SLIPWAY_FAILPOINT_SEED which passes a chance
// takes (default 1). Each hit is written to stderr before it acts: `failpoint <name> <action> <pass>`.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failpoints } from './failpoints.js';
import type { FailpointName } from './names.js';
import { parseFailpoints } from './parse-failpoints.js';

const { SLIPWAY_FAILPOINTS = '', SLIPWAY_FAILPOINT_SEED = '1' } = process.env;
const failpoints = new Failpoints(parseFailpoints(SLIPWAY_FAILPOINTS), Number(SLIPWAY_FAILPOINT_SEED));

export function failpoint(name: FailpointName): void | Promise<void> {
  const hit = failpoints.pass(name);
  if (!hit) return;
  const { action, pass } = hit;
  // At once: a killed process flushes nothing.
  writeSync(process.stderr.fd, `failpoint ${name} ${action.kind} ${pass}\n`);
  switch (action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return block(Infinity);
    case 'exit':
      return process.exit(1);
    case 'pause':
      return sleep(action.ms);
    case 'block':
      return block(action.ms);
    case 'error':
      throw Object.assign(new Error(`failpoint ${name}`), { code: action.code });
    case 'drop':
      return;
  }
}

export function isDropped(name: FailpointName): boolean {
  const hit = failpoints.pass(name);
  if (hit?.action.kind !== 'drop') return false;
  writeSync(process.stderr.fd, `failpoint ${name} drop ${hit.pass}\n`);
  return true;
}

export function failpointsIssue(): string | undefined {
  return undefined;
}

/** Nothing of this process runs meanwhile. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
