// A setup file of every test file: remembers that a test of it failed, so that the harness keeps the log. The mark is on globalThis, since
// a setup file and the harness need not be the same copy of a module; each test file has a globalThis of its own.
import { afterEach } from 'vitest';

import { FAILED } from './failed-mark.js';

afterEach(({ task }) => {
  if (task.result?.state === 'fail') Reflect.set(globalThis, FAILED, true);
});
