// Container logs, kept per pod and container for the running and the previous instance, and bounded: a container that talks for a
// week costs no more than one that talks for an hour.
import { badRequest, type Cause, invalid } from './status-error.js';

const maxLines = 2000;

export interface LogLine {
  /** RFC 3339 with nanoseconds, strictly increasing within a container. */
  readonly time: string;
  readonly text: string;
}

export interface LogOptions {
  readonly tailLines?: number;
  /** Milliseconds since 1970; lines before are left out. */
  readonly since?: number;
  readonly limitBytes?: number;
  readonly timestamps?: boolean;
}

/** The log of one run of a container. */
export class ContainerLog {
  private lines: LogLine[] = [];
  private ended = false;
  private readonly followers = new Set<{ line: (line: LogLine) => void; end: () => void }>();

  constructor(private readonly clock: LogClock) {}

  write(text: string): void {
    if (this.ended) return;
    const line = { time: this.clock.next(), text };
    this.lines.push(line);
    if (this.lines.length > maxLines * 2) this.lines = this.lines.slice(-maxLines);
    for (const follower of [...this.followers]) follower.line(line);
  }

  end(): void {
    this.ended = true;
    for (const follower of [...this.followers]) follower.end();
    this.followers.clear();
  }

  /** The lines so far, as options select them. */
  select({ since, tailLines }: LogOptions): LogLine[] {
    const recent = since === undefined ? this.lines : this.lines.filter(({ time }) => Date.parse(time) >= since);
    return tailLines === undefined ? [...recent] : tailLines === 0 ? [] : recent.slice(-tailLines);
  }

  /** Calls for every later line and once at the end, at once when it has ended. Returns a function that stops it. */
  follow(line: (line: LogLine) => void, end: () => void): () => void {
    if (this.ended) {
      end();
      return () => undefined;
    }
    const follower = { line, end };
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}

/** Nanosecond times for one container, over all its runs; two lines never share one. */
class LogClock {
  private last = 0n;

  next(): string {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.last = now > this.last ? now : this.last + 1n;
    const seconds = new Date(Number(this.last / 1_000_000n)).toISOString().slice(0, 19);
    return `${seconds}.${String(this.last % 1_000_000_000n).padStart(9, '0')}Z`;
  }
}

type Runs = { readonly clock: LogClock; current?: ContainerLog; previous?: ContainerLog };

export class PodLogs {
  private readonly containers = new Map<string, Map<string, Runs>>();

  /** The log of a container's next run; the one before becomes the previous one. */
  open(podUid: string, container: string): ContainerLog {
    const pod = this.containers.get(podUid) ?? new Map<string, Runs>();
    this.containers.set(podUid, pod);
    const entry: Runs = pod.get(container) ?? { clock: new LogClock() };
    entry.previous = entry.current;
    entry.current = new ContainerLog(entry.clock);
    pod.set(container, entry);
    return entry.current;
  }

  find(podUid: string, container: string, previous: boolean): ContainerLog | undefined {
    const entry = this.containers.get(podUid)?.get(container);
    return previous ? entry?.previous : entry?.current;
  }

  /** Ends what follows, and forgets: the logs of a pod go with it. */
  drop(podUid: string): void {
    for (const entry of this.containers.get(podUid)?.values() ?? []) entry.current?.end();
    this.containers.delete(podUid);
  }

  clear(): void {
    for (const uid of [...this.containers.keys()]) this.drop(uid);
  }
}

export function formatLine(line: LogLine, timestamps: boolean | undefined): string {
  return timestamps ? `${line.time} ${line.text}\n` : `${line.text}\n`;
}

/** `pod`: the name that a refusal names. */
export function parseLogOptions(
  query: URLSearchParams,
  pod: string,
): LogOptions & { follow: boolean; previous: boolean } {
  const count = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  };
  const [tailLines, limitBytes, seconds] = [count('tailLines'), count('limitBytes'), count('sinceSeconds')];
  const time = query.get('sinceTime');
  const since = time ? parseTime(time) : seconds !== undefined ? Date.now() - seconds * 1000 : undefined;

  const causes: Cause[] = [];
  const refuse = (field: string, value: number, why: string): unknown =>
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: must be ${why}`, field });
  if (tailLines !== undefined && tailLines < 0) refuse('tailLines', tailLines, 'greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) refuse('limitBytes', limitBytes, 'greater than 0');
  if (seconds !== undefined && time) {
    const message = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    causes.push({ reason: 'FieldValueForbidden', message, field: '[]' });
  } else if (seconds !== undefined && seconds < 1) refuse('sinceSeconds', seconds, 'greater than 0');
  if (causes.length) throw invalid({ kind: 'PodLogOptions', group: '' }, pod, causes);
  return {
    ...(tailLines !== undefined ? { tailLines } : {}),
    ...(limitBytes !== undefined ? { limitBytes } : {}),
    ...(since !== undefined ? { since } : {}),
    timestamps: isTrue(query.get('timestamps')),
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
  };
}

function parseTime(text: string): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  const quoted = JSON.stringify(text);
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
}

export function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}
