// What the launchers run on Node 24, with one argument: the options as JSON.
import 'reflect-metadata';

import type { DevOptions } from './options.js';
import { UserError } from './user-error.js';

const options = JSON.parse(process.argv[2] ?? '{}') as DevOptions;

try {
  if (options.command === 'start') {
    const { start } = await import('./start.js');
    process.exitCode = await start(options);
  } else {
    const { reset, stop } = await import('./stop.js');
    await (options.command === 'reset' ? reset : stop)(options);
  }
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = 1;
}
// The channel to the launcher and idle connections would keep this process.
process.exit();

function explain(error: unknown): string {
  if (error instanceof UserError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    return `The disk that holds ${options.dataDir} is full: free some space and start again, or name another folder with --data-dir.`;
  }
  if (code === 'EACCES' || code === 'EROFS') {
    return `${options.dataDir} cannot be written (${(error as Error).message}): name another folder with --data-dir.`;
  }
  return error instanceof Error ? error.message : String(error);
}
