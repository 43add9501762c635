// Sends operations and keeps the journal of them. Never retries on its own: what is sent again is a workload's doing, under one key.
import type { Random } from '../random.js';
import type { Dialect, DialectRequest } from './dialect.js';
import type { Journal, Kind, OperationLine, Phase } from './journal.js';
import type { Tenant } from './tenant.js';

export interface Operation {
  readonly workload: string;
  readonly kind: Kind;
  readonly tenant: Tenant;
  readonly target: string;
  readonly value: string;
  readonly request: DialectRequest;
  /** Sent so often, under one Idempotency-Key: first twice at once, then one after the other. */
  readonly repeated?: number;
  /** Told how it went, with the id that the answer named. */
  readonly done?: (outcome: Outcome) => void;
}

export interface Outcome {
  readonly phase: Phase;
  readonly answer?: string;
}

/** Longer than the gateway lets a caller wait. */
const TIMEOUT_MS = 15_000;
const KEY_AT_WORK = 409;

export class Sender {
  private count = 0;
  private readonly inFlight = new Set<Promise<unknown>>();

  constructor(
    private readonly gatewayUrls: readonly string[],
    private readonly dialect: Dialect,
    private readonly journal: Journal,
    private readonly random: Random,
    private readonly canaries: readonly string[],
  ) {}

  /** Does not wait; `settled` does. The mark of an operation may hold its number: `make` is given it. */
  send(make: (op: string) => Operation): Promise<Outcome> {
    const op = String((this.count += 1));
    const operation = make(op);
    const outcome = this.perform(op, operation).then((result) => {
      operation.done?.(result);
      return result;
    });
    this.inFlight.add(outcome);
    void outcome.finally(() => this.inFlight.delete(outcome));
    return outcome;
  }

  async settled(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.allSettled(this.inFlight);
  }

  /** Asks for something that changes nothing. Rejects when it is not answered with 200. */
  async read(tenant: Tenant, request: DialectRequest): Promise<{ body: unknown; headers: Headers }> {
    const answer = await this.fetch(tenant, request, {});
    const text = await answer.text();
    this.lookForLeaks(tenant, text, request.path);
    if (answer.status !== 200) throw new Error(`${request.path}: ${answer.status} ${text}`);
    return { body: JSON.parse(text) as unknown, headers: answer.headers };
  }

  fetch(
    tenant: Tenant,
    { method, path, body, headers }: DialectRequest,
    more: Readonly<Record<string, string>>,
    signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
  ): Promise<Response> {
    return fetch(new URL(path, this.random.oneOf(this.gatewayUrls)), {
      method,
      headers: {
        authorization: `Bearer ${tenant.credential}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
        ...more,
      },
      body: body && JSON.stringify(body),
      signal,
    });
  }

  lookForLeaks(tenant: Tenant, text: string, where: string): void {
    for (const canary of this.canaries) {
      if (canary !== tenant.canary && text.includes(canary)) {
        this.journal.write({ note: 'leak', t: Date.now(), actor: tenant.canary, canary, where });
      }
    }
  }

  private async perform(op: string, operation: Operation): Promise<Outcome> {
    const { repeated = 1 } = operation;
    const key = repeated > 1 ? `key-${op}` : undefined;
    const outcomes = await Promise.all(
      Array.from({ length: Math.min(repeated, 2) }, (_, n) => this.once(op, n + 1, operation, key)),
    );
    for (let n = outcomes.length + 1; n <= repeated; n += 1) outcomes.push(await this.once(op, n, operation, key));
    return (
      outcomes.find(({ phase }) => phase === 'acked') ??
      outcomes.find(({ phase }) => phase !== 'refused') ??
      outcomes[0] ?? { phase: 'error' }
    );
  }

  private async once(op: string, send: number, operation: Operation, key: string | undefined): Promise<Outcome> {
    const { tenant, request, workload, kind, target, value } = operation;
    const requestId = `${op}.${send}`;
    const about = {
      op,
      key,
      actor: tenant.canary,
      dialect: this.dialect.name,
      workload,
      kind,
      target,
      value,
      requestId,
    };
    const line = (more: Pick<OperationLine, 'phase' | 'status' | 'answer' | 'wrong'>): void =>
      this.journal.write({ note: 'operation', t: Date.now(), ...about, ...more });
    line({ phase: 'sent' });
    try {
      const answer = await this.fetch(tenant, request, {
        'x-request-id': requestId,
        ...(key !== undefined && { 'idempotency-key': key }),
      });
      const text = await answer.text();
      this.lookForLeaks(tenant, text, `${request.method} ${request.path}`);
      const phase = phaseOf(answer.status, key);
      const made = phase === 'acked' ? this.dialect.idOf(JSON.parse(text)) : undefined;
      const wrong = answer.status < 400 ? undefined : this.dialect.wrongError(answer.status, answer.headers, text);
      line({ phase, status: answer.status, answer: made, wrong });
      return { phase, answer: made };
    } catch (error) {
      const phase = error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'error';
      line({ phase });
      return { phase };
    }
  }
}

function phaseOf(status: number, key: string | undefined): Phase {
  if (status < 400) return 'acked';
  if (status === 504) return 'timeout';
  // The same key is at work elsewhere: what came of it, that other send tells.
  if (status >= 500 || (status === KEY_AT_WORK && key !== undefined)) return 'error';
  return 'refused';
}
