import type { FeedEvent } from '@slipway/contracts';

/** How long an entry can be asked for. */
export const FEED_KEPT = '7 days';

// Ids count from 1 without holes; 0 stands before the first. Fifteen digits are more than any feed reaches, and stay exact as numbers.
const ID = /^(?:0|[1-9]\d{0,14})$/;

/** The number of an entry's id, or of what stands before the first; undefined for a text that no feed has ever given out. */
export function toNumber(id: string): number | undefined {
  return ID.test(id) ? Number(id) : undefined;
}

/**
 * Whether something after `afterId` cannot be told any more: entries that have gone with age, or an id that this feed never had.
 * `firstId` is the oldest entry after it that is still there.
 */
export function hasGap(afterId: number, firstId: number | undefined, lastId: number): boolean {
  if (firstId === undefined) return afterId !== lastId;
  return firstId !== afterId + 1;
}

export interface StoredEntry {
  readonly id: string;
  readonly fact: string;
  readonly appId: string;
  readonly appName: string;
  readonly time: Date;
  readonly fields: object;
}

export function toFeedEvent(entry: StoredEntry): FeedEvent {
  const id = Number(entry.id);
  return {
    id: entry.id,
    previousId: id > 1 ? String(id - 1) : null,
    fact: entry.fact,
    appId: entry.appId,
    appName: entry.appName,
    time: entry.time.toISOString(),
    fields: { ...entry.fields },
  };
}
