/** A fault for the next requests that match. Fields that are left out match everything. */
export interface Fault {
  /** get, list, watch, create, update, patch, apply, delete, deletecollection, log, or discovery for what names no resource. */
  verb?: string;
  resource?: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  /** Answer with this status without doing anything, e.g. 429, 500, 503; 409 answers as a stale resourceVersion does. */
  status?: number;
  /** Sent as Retry-After together with status. */
  retryAfterSeconds?: number;
  /** Wait this long first. */
  delayMs?: number;
  /**
   * Cut the connection. `before` does nothing else, `after` carries the request out and loses the answer; `true` is `before`.
   * A watch that is dropped `after` is cut once it has started.
   */
  drop?: boolean | 'before' | 'after';
  /** How many requests it hits. Default 1. */
  times?: number;
}

export interface RequestTarget {
  readonly verb: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export class Faults {
  private planned: { fault: Fault; left: number }[] = [];

  /** Faults are taken in the order in which they were added. Returns a function that removes this one. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? 1 };
    this.planned.push(entry);
    return () => {
      this.planned = this.planned.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.planned = [];
  }

  /** The fault that hits this request, which counts as one of its times. */
  take(target: RequestTarget): Fault | undefined {
    const entry = this.planned.find(({ fault }) => matches(fault, target));
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.planned = this.planned.filter((other) => other !== entry);
    return entry.fault;
  }
}

function matches(fault: Fault, target: RequestTarget): boolean {
  return (['verb', 'resource', 'namespace', 'name', 'subresource'] as const).every(
    (field) => fault[field] === undefined || fault[field] === target[field],
  );
}
