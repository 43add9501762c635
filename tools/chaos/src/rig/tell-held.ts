// `node --expose-gc --import …/tell-held.js`: at SIGUSR2 a process collects its garbage and says what is left. Without that its size tells how busy
// it was rather than what it keeps.
import { writeSync } from 'node:fs';

process.on('SIGUSR2', () => {
  void globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeSync(process.stderr.fd, `held ${heapUsed + external}\n`);
});
