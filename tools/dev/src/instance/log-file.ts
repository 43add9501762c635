import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

const MAX_BYTES = 50 * 1024 * 1024;

/** The log of an instance: every line goes to the file, errors to the screen as well, in one short line. */
export interface LogFile {
  readonly path: string;
  write(line: string): void;
  close(): void;
}

export function openLogFile(path: string, screen: (line: string) => void): LogFile {
  try {
    if (statSync(path).size > MAX_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // There is none yet.
  }
  const file = openSync(path, 'a', 0o600);
  return {
    path,
    write: (line) => {
      writeSync(file, line.endsWith('\n') ? line : `${line}\n`);
      const shown = errorLine(line);
      if (shown) screen(shown);
    },
    close: () => closeSync(file),
  };
}

/** The text for the screen when a log line is an error, else undefined. What is no JSON is a process's own last words. */
export function errorLine(line: string): string | undefined {
  let entry: { level?: string; service?: string; msg?: string; err?: { message?: string } };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return line.trim() || undefined;
  }
  if (entry.level !== 'error' && entry.level !== 'fatal') return undefined;
  return `${entry.service ?? 'slipway'}: ${entry.msg ?? ''}${entry.err?.message ? `: ${entry.err.message}` : ''}`;
}
