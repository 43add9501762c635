import type { LogLine } from '@slipway/contracts';

/**
 * The lines of several containers as one list by time, of which the last `tail` are kept. Lines of one container stay in the order in
 * which it wrote them, also those of the same time; between containers, names decide then.
 */
export function mergeLines(lists: readonly (readonly LogLine[])[], tail: number): LogLine[] {
  if (tail === 0) return [];
  return lists.flat().sort(compareLines).slice(-tail);
}

/** The last lines, as many as have at most `maxBytes` as JSON. */
export function fitLines(lines: readonly LogLine[], maxBytes: number): LogLine[] {
  let bytes = 0;
  let first = lines.length;
  for (const line of lines.toReversed()) {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    if (bytes > maxBytes) break;
    first -= 1;
  }
  return lines.slice(first);
}

/** Lines of one container in the order in which it wrote them, with their numbers. */
export function numberLines(lines: readonly LogLine[]): LogLine[] {
  const counts = new Map<string, number>();
  return lines.map((line) => {
    const number = (counts.get(line.time) ?? 0) + 1;
    counts.set(line.time, number);
    return number === 1 ? line : { ...line, number };
  });
}

// The sort is stable, which keeps the order within a container.
function compareLines(a: LogLine, b: LogLine): number {
  return (
    compareTexts(a.time, b.time) ||
    compareTexts(a.pod ?? '', b.pod ?? '') ||
    compareTexts(a.container ?? '', b.container ?? '')
  );
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
