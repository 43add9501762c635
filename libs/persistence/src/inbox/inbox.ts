// Owns "exactly once": one transaction holds the inbox row of an operation, the change, the outbox rows and the answer. A second
// delivery, or a client's retry under the same key, gets the recorded answer.
import { Injectable } from '@nestjs/common';
import {
  hasSealedField,
  problem,
  ProblemKind,
  type Command,
  type Envelope,
  type Event,
  type Problem,
} from '@slipway/contracts';
import { markReplayed, Refusal, Transient } from '@slipway/messaging';
import { Batches, Turns } from '@slipway/runtime';

import { Encryption, type CipherPlace } from '../encryption/encryption.js';
import { Transactions, type Tx } from '../transaction/transactions.js';
import {
  type Claim,
  claimOperations,
  findOperation,
  isMessageRunning,
  OperationRunning,
  recordAnswer,
  type InboxRow,
  type Outcome,
} from './inbox-row.js';

type Once = Command<object, object | void> | Event<object>;

interface Gathered<T> extends Claim {
  readonly operation: Event<object>;
  readonly item: T;
}

/** What became of an event: what the work made of it, undefined when it had been done before, or why it could not be taken in. */
type Taken<R> = { readonly result: R | undefined } | { readonly reason: unknown };

/** Done for several events in one transaction; what it returns, a result for each in their order, counts only after the commit. */
type WorkTogether<T, R> = (tx: Tx, items: readonly T[]) => Promise<readonly R[] | void>;

/** As many events as a service takes in at once: a statement for so many rows is still short. */
const LARGEST_BATCH = 256;

/** The caller waits no longer: nothing is done any more. */
class Expired extends Error {}

@Injectable()
export class Inbox {
  private readonly turns = new Turns();

  constructor(
    private readonly transactions: Transactions,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Runs `work` once per operation id, whatever is sent, delivered or retried, and returns its result, or the recorded one of an
   * earlier run (the reply then says `replayed`). `operation` is what the handler is bound to; an answer with sealed fields is
   * encrypted in the inbox. Inside `work` do nothing but SQL on `tx`: the transaction holds locks and the broker waits.
   *
   * - A Refusal thrown by `work` undoes the change and is recorded as the answer, except for `unavailable` and `rate_limited`: those
   *   may succeed under the same key later.
   * - Past the deadline, before `work` or after it, nothing is done; the operation is recorded as expired and may run afresh.
   *
   * @throws Refusal thrown by `work` or recorded; `invalid`, code `key_reused`, when the key belongs to another request; `conflict`,
   * code `key_running`, while another message does this operation; `unavailable`, code `timeout`, past the deadline
   * @throws Transient when this message itself is still at work, or for a fault of the database that will pass
   */
  once<I extends object, O extends object | void>(
    command: Command<I, O>,
    envelope: Envelope,
    work: (tx: Tx) => Promise<O>,
  ): Promise<O>;
  once<P extends object>(event: Event<P>, envelope: Envelope, work: (tx: Tx) => Promise<void>): Promise<void>;
  once<T>(operation: Once, envelope: Envelope, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.perform(operation, envelope, work);
  }

  /**
   * `once` for commands whose work begins with the same lock, which `turn` names: they go one after another in this process, before they take
   * a connection. Those that wait for the lock itself, as other replicas do, hold one each and keep the pool from everybody else.
   * Whose deadline passes while it waits is refused like all that is late, and nothing is recorded of it. Without a `turn` it is `once`.
   */
  onceInTurn<I extends object, O extends object | void>(
    turn: string | undefined,
    command: Command<I, O>,
    envelope: Envelope,
    work: (tx: Tx) => Promise<O>,
  ): Promise<O> {
    if (turn === undefined) return this.once(command, envelope, work);
    return this.turns.take(turn, () => {
      if (isLate(envelope)) throw new Refusal(expired());
      return this.perform(command, envelope, work);
    });
  }

  private async perform<T>(operation: Once, envelope: Envelope, work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      const done = await this.transactions.run(
        async (tx) => {
          refuseToBeLate(envelope);
          const isEvent = operation.kind === 'event';
          if (!(await claimed(tx, operation, envelope, isEvent ? 'answered' : 'running'))) return undefined;
          const output = await work(tx);
          refuseToBeLate(envelope);
          if (!isEvent) await recordAnswer(tx.manager, envelope.operationId, this.write(operation, envelope, output));
          return { output };
        },
        { envelope },
      );
      if (done) return done.output;
    } catch (error) {
      return this.settle<T>(operation, envelope, error);
    }
    return this.replay<T>(operation, envelope);
  }

  /**
   * `once` for events that may come in numbers: those that arrive while a transaction is at work share the next one. `work` gets them in
   * the order of their arrival and does for all of them what it would do for each. When it fails, each is done with a transaction of its
   * own, so that one which cannot be done keeps no other from it. What `work` puts into the outbox has no cause.
   * @returns what `work` made of the event, after the commit; undefined when it had been done before
   * @throws like `once`, for each event its own
   */
  together<T, R = void>(
    work: WorkTogether<T, R>,
  ): (event: Event<object>, envelope: Envelope, item: T) => Promise<R | undefined> {
    const batches = new Batches<Gathered<T>, Taken<R>>((gathered) => this.takeIn(gathered, work), LARGEST_BATCH);
    return async (operation, envelope, item) => {
      const taken = await batches.add({ operation, envelope, item });
      if ('reason' in taken) throw taken.reason;
      return taken.result;
    };
  }

  private async takeIn<T, R>(gathered: readonly Gathered<T>[], work: WorkTogether<T, R>): Promise<Taken<R>[]> {
    let done = new Map<Gathered<T>, Taken<R>>();
    try {
      if (gathered.length > 1) done = await this.transactions.run((tx) => takeInTogether(tx, gathered, work));
    } catch (error) {
      // Each alone would meet the same.
      if (error instanceof Transient) return gathered.map(() => ({ reason: error }));
    }
    const taken: Taken<R>[] = [];
    for (const one of gathered) taken.push(done.get(one) ?? (await this.takeInAlone(one, work)));
    return taken;
  }

  private async takeInAlone<T, R>(
    { operation, envelope, item }: Gathered<T>,
    work: WorkTogether<T, R>,
  ): Promise<Taken<R>> {
    try {
      return { result: await this.perform(operation, envelope, async (tx) => (await work(tx, [item]))?.[0]) };
    } catch (reason) {
      return { reason };
    }
  }

  // The transaction is rolled back. Somebody else may have done the operation by now: then that is the answer.
  private async settle<T>(operation: Once, envelope: Envelope, error: unknown): Promise<T> {
    if (error instanceof OperationRunning) throw await this.running(envelope);
    if (error instanceof Expired) {
      if (await this.record(operation, envelope, 'expired')) throw new Refusal(expired());
      return this.replay(operation, envelope);
    }
    if (!(error instanceof Refusal) || maySucceedLater(error.problem)) throw error;
    if (await this.record(operation, envelope, 'refused', JSON.stringify(error.problem))) throw error;
    return this.replay(operation, envelope);
  }

  private async record(
    operation: Once,
    envelope: Envelope,
    outcome: 'expired' | 'refused',
    answer?: string,
  ): Promise<boolean> {
    try {
      return await this.transactions.run((tx) => claimed(tx, operation, envelope, outcome, answer));
    } catch (error) {
      throw error instanceof OperationRunning ? await this.running(envelope) : error;
    }
  }

  private async running(envelope: Envelope): Promise<Refusal | Transient> {
    const same = await this.transactions.read(({ manager }) => isMessageRunning(manager, envelope));
    if (same) return new Transient('an earlier delivery of this message is still at work');
    return new Refusal(
      problem.conflict(
        'request',
        'A request with this Idempotency-Key is still at work. Wait for its answer, then ask again with the same key.',
        {
          code: 'key_running',
        },
      ),
    );
  }

  private async replay<T>(operation: Once, envelope: Envelope): Promise<T> {
    const row = await this.transactions.read(({ manager }) => findOperation(manager, envelope.operationId));
    // Only pruning takes rows away, and only a week later.
    if (!row) throw new Transient('the recorded answer is gone');
    if (isAnotherRequest(row, envelope)) {
      throw new Refusal(
        problem.invalid(
          'request',
          'This Idempotency-Key belongs to another request. Use a fresh key for each request.',
          { code: 'key_reused' },
        ),
      );
    }
    if (row.subject !== operation.subject) {
      throw new Error(
        `operation ${envelope.operationId} was ${row.subject} and is now ${operation.subject}: each needs an id of its own`,
      );
    }
    markReplayed(envelope);
    if (row.outcome === 'refused') throw new Refusal(JSON.parse(row.answer ?? 'null') as Problem, { replayed: true });
    if (row.outcome !== 'answered') throw new Refusal(expired());
    return this.read<T>(operation, envelope, row.answer);
  }

  private write(operation: Once, envelope: Envelope, output: unknown): string | null {
    if (output === undefined) return null;
    const text = JSON.stringify(output);
    return hasSealedAnswer(operation) ? this.encryption.encrypt(placeOf(envelope), text) : text;
  }

  private read<T>(operation: Once, envelope: Envelope, answer: string | null): T {
    if (answer === null) return undefined as T;
    return JSON.parse(hasSealedAnswer(operation) ? this.encryption.decrypt(placeOf(envelope), answer) : answer) as T;
  }
}

async function claimed(
  { manager }: Tx,
  operation: Once,
  envelope: Envelope,
  outcome: Outcome,
  answer?: string,
): Promise<boolean> {
  return (await claimOperations(manager, [{ operation, envelope }], outcome, answer)).size > 0;
}

/** Returns those that it has done, with their results; the others have been done before, or are twice among them. */
async function takeInTogether<T, R>(
  tx: Tx,
  gathered: readonly Gathered<T>[],
  work: WorkTogether<T, R>,
): Promise<Map<Gathered<T>, Taken<R>>> {
  const first = new Map(gathered.toReversed().map((one) => [one.envelope.operationId, one]));
  // In one order everywhere: two replicas that take the same events in do not wait for each other.
  const claims = [...first.values()].toSorted((a, b) => (a.envelope.operationId < b.envelope.operationId ? -1 : 1));
  const taken = await claimOperations(tx.manager, claims, 'answered');
  const done = gathered.filter(
    (one) => taken.has(one.envelope.operationId) && first.get(one.envelope.operationId) === one,
  );
  if (done.length === 0) return new Map();
  const items = done.map(({ item }) => item);
  const results = await work(tx, items);
  return new Map(done.map((one, index) => [one, { result: results?.[index] }]));
}

function refuseToBeLate(envelope: Envelope): void {
  if (isLate(envelope)) throw new Expired();
}

function isLate({ deadline }: Envelope): boolean {
  return deadline !== undefined && deadline < Date.now();
}

function expired(): Problem {
  return problem.unavailable('service', 'The command was not done before its deadline and is dropped. Send it again.', {
    code: 'timeout',
  });
}

function maySucceedLater({ kind }: Problem): boolean {
  return kind === ProblemKind.unavailable || kind === ProblemKind.rateLimited;
}

function isAnotherRequest({ requestHash }: InboxRow, envelope: Envelope): boolean {
  return requestHash !== null && envelope.requestHash !== undefined && requestHash !== envelope.requestHash;
}

function hasSealedAnswer(operation: Once): boolean {
  return operation.kind === 'command' && operation.output !== null && hasSealedField(operation.output);
}

function placeOf({ operationId }: Envelope): CipherPlace {
  return { table: 'inbox', id: operationId, column: 'answer' };
}
