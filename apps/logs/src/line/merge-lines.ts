import type { LogLine } from '@slipway/contracts';

/**
 * The lines of several containers as one list by time, of which the last `tail` are kept. Lines of one container stay in the order in
 * which it wrote them, also those of the same time; between containers, names decide then.
 */
export function mergeLines(lists: readonly (readonly LogLine[])[], tail: number): LogLine[] {
  if (tail === 0) return [];
  return lists.flat().sort(compareLines).slice(-tail);
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
