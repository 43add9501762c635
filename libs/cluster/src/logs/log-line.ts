export interface LogLine {
  /** RFC 3339 with nanoseconds, as the container engine wrote it; empty for a line that came without. */
  readonly time: string;
  readonly text: string;
}

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Only lines from then on. Clusters cut it to whole seconds: after a reconnect, drop by `time` what was seen already. */
  readonly sinceTime?: string;
  /** Only so many of the last lines. */
  readonly tailLines?: number;
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

export function parseLogLine(line: string): LogLine {
  const space = line.indexOf(' ');
  const time = space === -1 ? line : line.slice(0, space);
  if (!TIMESTAMP.test(time)) {
    return { time: '', text: withoutReturn(line) };
  }
  return { time, text: space === -1 ? '' : withoutReturn(line.slice(space + 1)) };
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
