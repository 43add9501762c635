import type { LogLine } from '@slipway/contracts';

/**
 * The lines of several containers as one list by time, of which the last `tail` are kept. Lines of one container stay in the order in
 * which it wrote them, also those of the same time.
 */
export function mergeLines(lists: readonly (readonly LogLine[])[], tail: number): LogLine[] {
  if (tail === 0) return [];
  // A stable sort: lists are appended one after the other.
  const merged = lists.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return merged.slice(-tail);
}
