// Owns what one reader has of an App's lines, so that each reaches it once: in a stream over interruptions, and between two streams by a
// position that the reader keeps. Lines of several containers come out of the order of their times, and so may those of one.
import { createHash } from 'node:crypto';

import { isRfc3339, type LogLine } from '@slipway/contracts';

import { comparableTime } from './line-time.js';

/** Keys of lines that are remembered for each container. What is older than all of them counts as read. */
const KEPT = 256;
/** How much later than a younger line of another container one may come. */
const LATE_MS = 10_000;
/** A container that was heard within this may be later than that: the clock of its node is behind. */
const HEARD_MS = 60_000;
const MAX_CONTAINERS = 64;
const TIME_LENGTH = '2026-03-01T10:00:00.000000000Z'.length;

export interface TimedLine {
  readonly line: LogLine;
  readonly container: string;
  /** Comparable. */
  readonly time: string;
  /** Its time and its number within it: comparable too. */
  readonly key: string;
}

export function toTimedLine(line: LogLine): TimedLine {
  const time = comparableTime(line.time);
  const container = `${line.pod ?? ''}/${line.container ?? ''}`;
  return { line, container, time, key: keyOf(time, line.number ?? 1) };
}

interface ReadContainer {
  readonly tag: string;
  readonly recent: Set<string>;
  floor: string;
  newest: string;
  heardAt: number;
}

export class ReadLines {
  /** Of the newest line; undefined before the first. */
  newest: string | undefined;
  private readonly containers = new Map<string, ReadContainer>();

  /** `floors`: what was read of which container before, by its tag. */
  constructor(private readonly floors: ReadonlyMap<string, string> = new Map()) {}

  /** Notes a line. False for one that was noted before. `heardAt`: when it came, for one that has just been written. */
  note({ container, time, key }: TimedLine, heardAt = 0): boolean {
    const read = this.containers.get(container) ?? this.add(container);
    if (key <= read.floor || read.recent.has(key)) return false;
    read.recent.add(key);
    read.heardAt = Math.max(read.heardAt, heardAt);
    if (key > read.newest) read.newest = key;
    if (this.newest === undefined || time > this.newest) this.newest = time;
    if (read.recent.size > KEPT) {
      const [oldest = ''] = read.recent;
      read.recent.delete(oldest);
      if (oldest > read.floor) read.floor = oldest;
    }
    return true;
  }

  /** Since when everything has to be read again, so that nothing is missed. Undefined before the first line. */
  sinceTime(now = Date.now()): string | undefined {
    if (this.newest === undefined) return undefined;
    return [lateOf(this.newest), ...this.listed(this.newest, now).map(({ newest }) => timeOf(newest))].sort()[0];
  }

  /** What positionAt takes: the newest time, and how far each container is that has not been quiet. */
  position(now = Date.now()): string {
    const { newest } = this;
    if (newest === undefined) return '';
    const parts = this.listed(newest, now).map((read) => `${read.tag}=${withoutPrefix(read.newest, newest)}`);
    return [newest, ...parts].join(';');
  }

  private listed(newest: string, now: number): ReadContainer[] {
    const late = lateOf(newest);
    return [...this.containers.values()].filter((read) => read.newest > late || read.heardAt > now - HEARD_MS);
  }

  private add(container: string): ReadContainer {
    // Those that ended long ago come no more.
    if (this.containers.size >= MAX_CONTAINERS && this.newest !== undefined) {
      const listed = new Set(this.listed(this.newest, Date.now()));
      for (const [name, read] of this.containers) if (!listed.has(read)) this.containers.delete(name);
    }
    const tag = createHash('sha256').update(container).digest('base64url').slice(0, 6);
    const floor = this.floors.get(tag) ?? '';
    const read = { tag, recent: new Set<string>(), floor, newest: floor, heardAt: 0 };
    this.containers.set(container, read);
    return read;
  }
}

export interface Position {
  /** Lines from then on have to be read. */
  readonly since: string;
  /** How far which containers were read, by their tags. */
  readonly floors: ReadonlyMap<string, string>;
  /** What all of them were read to, where the position says no more than that. */
  readonly floor: string;
}

/** What a reader's position says: its text, or the time of a line alone. Undefined for what is neither. */
export function positionAt(text: string): Position | undefined {
  const [start = '', ...parts] = text.split(';');
  const first = start.toUpperCase();
  if (!isRfc3339(first)) return undefined;
  const newest = comparableTime(first);
  if (parts.length === 0) return { since: first, floors: new Map(), floor: `${newest}~` };
  const floors = new Map<string, string>();
  for (const part of parts) {
    const [tag, suffix] = part.split('=');
    const key = suffix === undefined ? undefined : withPrefix(suffix, newest);
    if (!tag || key === undefined) return undefined;
    floors.set(tag, key);
  }
  const [since = newest] = [lateOf(newest), ...[...floors.values()].map(timeOf)].sort();
  return { since, floors, floor: '' };
}

const NUMBER_LENGTH = 6;

function keyOf(time: string, number: number): string {
  return `${time}${String(number).padStart(NUMBER_LENGTH, '0')}`;
}

const timeOf = (key: string): string => key.slice(0, TIME_LENGTH);

const lateOf = (time: string): string => comparableTime(new Date(Date.parse(time) - LATE_MS).toISOString());

/** A key shares most of its time with the newest one. */
function withoutPrefix(key: string, newest: string): string {
  let same = 0;
  while (same < TIME_LENGTH - 1 && key[same] === newest[same]) same += 1;
  const number = Number(key.slice(TIME_LENGTH));
  return `${key.slice(same, TIME_LENGTH - 1)}${number > 1 ? `*${number}` : ''}`;
}

function withPrefix(text: string, newest: string): string | undefined {
  const [suffix = '', number = '1'] = text.split('*');
  const time = `${newest.slice(0, Math.max(0, TIME_LENGTH - 1 - suffix.length))}${suffix}Z`;
  return isRfc3339(time) && time.length === TIME_LENGTH && /^\d{1,6}$/.test(number)
    ? keyOf(time, Number(number))
    : undefined;
}
