// Owns sending what is due. Every endpoint has a lane of its own with a few attempts at once, and so have all endpoints of one owner
// together: who is slow or dead keeps nobody else waiting. Lanes that find no place take turns. What this process has stored itself it
// holds in the lane's memory, up to a bound; the rest, and what is tried again, it claims from the database.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { SubscriptionId, UserId } from '@slipway/contracts';
import { Transactions } from '@slipway/persistence';
import { Batches, Counter, Metrics, ServiceLogger, within, failpoint, isDropped } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import { MailQueue } from '../mail/mail-queue.js';
import { SendMails } from '../mail/send-mails.js';
import { OutboundAgents } from '../outbound/outbound-agents.js';
import {
  abandonDelivery,
  beginHeld,
  claimDeliveries,
  type ClaimedDelivery,
  dueEndpoints,
  type EndedAttempt,
  recordAttempts,
  releaseHeld,
} from './claim-deliveries.js';
import { Endpoints, OPERATOR_ENDPOINT, type OwnedEndpoint, type Target } from './endpoints.js';
import { type Attempted, giveUpEndpoint, judgeEndpoints } from './give-up-endpoint.js';
import { Lane, REST_MS, type Work } from './lane.js';
import { postWebhook } from './post-webhook.js';
import type { StoredDelivery } from './store-deliveries.js';

/** What ten busy webhooks can use; a user may have a hundred. */
const PER_OWNER = 40;
const AT_ONCE = 1024;
/** Deliveries that wait in memory for one endpoint. */
const HELD_PER_ENDPOINT = 256;
/** And for all of them. */
const HELD_IN_ALL = 8_192;
const EVERY_MS = 1_000;
const GRACE_MS = 5_000;

interface EndedWork extends EndedAttempt {
  readonly target: Target;
}

@Injectable()
export class SendDeliveries implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly lanes = new Map<SubscriptionId, Lane>();
  private readonly waiting: Lane[] = [];
  private readonly running = new Set<Promise<void>>();
  /** Attempts that have ended and are not written down yet. */
  private readonly unrecorded = new Set<Promise<void>>();
  private readonly runningOf = new Map<UserId, number>();
  private heldInAll = 0;
  // Lanes share round trips: the more of them are busy, the fewer each of them costs.
  private readonly claims = new Batches((lanes: readonly Lane[]) => this.claim(lanes), AT_ONCE);
  private readonly records = new Batches((ended: readonly EndedWork[]) => this.record(ended), AT_ONCE);
  private readonly attempts: Counter<'outcome'>;
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private failing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly endpoints: Endpoints,
    private readonly outbound: OutboundAgents,
    private readonly mailQueue: MailQueue,
    private readonly mails: SendMails,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.attempts = new Counter({
      name: 'slipway_webhook_attempts_total',
      help: 'Attempts to deliver a webhook, by what became of the delivery.',
      labelNames: ['outcome'],
      registers: [metrics],
    });
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await within(GRACE_MS, this.settled(), () => new Error('webhooks are still being sent')).catch(() => {
      // What is cut here comes again after the next start, under the same id.
      this.stop.abort();
      return this.settled();
    });
    const held = [...this.lanes.values()].flatMap((lane) => lane.drain());
    // They are due again anyway, only later.
    await releaseHeld(this.dataSource.manager, held).catch(() => undefined);
  }

  private async settled(): Promise<void> {
    await Promise.all(this.running);
    await Promise.all(this.unrecorded);
  }

  /** Whether another delivery to it can be held, and soon begun, beside `more` that are being stored. */
  hasRoom(endpoint: OwnedEndpoint, more: number): boolean {
    const lane = this.lanes.get(endpoint.endpointId);
    if (this.stopping || this.heldInAll >= HELD_IN_ALL) return false;
    if (!lane) return this.hasPlace(endpoint) && more < HELD_PER_ENDPOINT;
    return !lane.waiting && !lane.due && lane.size + more < HELD_PER_ENDPOINT;
  }

  /** Called after the commit that stored them. */
  send(deliveries: readonly StoredDelivery[]): void {
    const lanes = new Set<Lane>();
    for (const { heldUntil, target, ...delivery } of deliveries) {
      const lane = this.laneOf(delivery, target.failing);
      lanes.add(lane);
      if (heldUntil === null) lane.due = true;
      else {
        lane.hold({ delivery: { ...delivery, heldUntil }, target });
        this.heldInAll += 1;
      }
    }
    for (const lane of lanes) this.start(lane);
  }

  /** Called after a commit that left something due. */
  wake(endpoint: OwnedEndpoint): void {
    const lane = this.laneOf(endpoint);
    lane.due = true;
    this.start(lane);
  }

  private laneOf({ endpointId, ownerId }: OwnedEndpoint, failing?: boolean): Lane {
    const lane = this.lanes.get(endpointId) ?? new Lane(endpointId, ownerId, failing);
    this.lanes.set(endpointId, lane);
    return lane;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      void (isDropped('delivery.skip-tick') ? Promise.resolve() : this.wakeDue()).finally(() => {
        if (!this.stopping) this.schedule();
      });
    }, EVERY_MS);
  }

  private async wakeDue(): Promise<void> {
    try {
      const known = [...this.lanes.values()].filter(({ due }) => due).map(({ endpointId }) => endpointId);
      const due = await dueEndpoints(this.dataSource.manager, known);
      for (const endpoint of due) this.wake(endpoint);
      // Those that a failure has ended.
      for (const lane of this.lanes.values()) this.start(lane);
      if (this.failing) this.logger.info('webhooks are sent again');
      this.failing = false;
    } catch (error) {
      this.failed(error);
    }
  }

  // Told once for as long as it lasts: the clock tries again every second.
  private failed(error: unknown): void {
    if (!this.failing) this.logger.warn('webhooks cannot be sent', { err: error });
    this.failing = true;
  }

  private start(lane: Lane): void {
    if (this.stopping || !lane.hasWork || !lane.hasPlace || lane.waiting) return;
    if (!this.hasPlace(lane)) return this.wait(lane);
    this.count(lane, 1);
    let failed = false;
    const work = this.work(lane)
      .catch((error: unknown) => {
        failed = true;
        this.failed(error);
      })
      .finally(() => {
        this.running.delete(work);
        this.count(lane, -1);
        // Something may have come when the last of its workers had seen that there is nothing. After a failure the clock goes on.
        if (!failed) this.start(lane);
        this.drop(lane);
        this.startWaiting();
      });
    this.running.add(work);
  }

  private hasPlace({ ownerId }: OwnedEndpoint): boolean {
    return this.running.size < AT_ONCE && (this.runningOf.get(ownerId) ?? 0) < PER_OWNER;
  }

  private count(lane: Lane, change: 1 | -1): void {
    lane.running += change;
    const ofOwner = (this.runningOf.get(lane.ownerId) ?? 0) + change;
    if (ofOwner > 0) this.runningOf.set(lane.ownerId, ofOwner);
    else this.runningOf.delete(lane.ownerId);
  }

  private wait(lane: Lane): void {
    if (lane.waiting) return;
    lane.waiting = true;
    this.waiting.push(lane);
  }

  // All that find a place: one that has nothing left, or rests, takes none, and would be the last to be called.
  private startWaiting(): void {
    for (;;) {
      const index = this.waiting.findIndex((lane) => this.hasPlace(lane));
      const [next] = index < 0 ? [] : this.waiting.splice(index, 1);
      if (!next) return;
      next.waiting = false;
      this.start(next);
      this.drop(next);
    }
  }

  private drop(lane: Lane): void {
    if (lane.running === 0 && !lane.waiting && !lane.hasWork) this.lanes.delete(lane.endpointId);
  }

  private async work(lane: Lane): Promise<void> {
    while (!this.stopping) {
      const work = this.next(lane) ?? (await this.claims.add(lane));
      if (!work) {
        if (lane.hasWork) continue;
        return;
      }
      // There may be more.
      this.start(lane);
      const failed = await this.attempt(work);
      lane.ended(failed);
      if (failed) return this.rest(lane);
      // Others wait: this lane goes to the end of the queue.
      if (this.waiting.length > 0) return this.wait(lane);
    }
  }

  private rest(lane: Lane): void {
    setTimeout(() => this.start(lane), REST_MS).unref();
  }

  private next(lane: Lane): Work | undefined {
    const work = lane.next();
    if (work) this.heldInAll -= 1;
    return work;
  }

  /** The next delivery for each time that a lane is named: what is due comes before what is held. */
  private async claim(lanes: readonly Lane[]): Promise<(Work | undefined)[]> {
    const named = new Set(lanes);
    const dueLanes = lanes.filter(({ due }) => due);
    // What becomes due meanwhile says so again.
    for (const lane of named) lane.due = false;
    const asked = new Map([...named].map((lane) => [lane, lane.ask()]));
    try {
      const [claimed, begun, targets] = await Promise.all([
        this.claimDue(dueLanes),
        beginHeld(
          this.dataSource.manager,
          [...asked.values()].flat().map(({ delivery }) => delivery),
        ),
        this.endpoints.targets([...named].map(({ endpointId }) => endpointId)),
      ]);
      for (const [lane, held] of asked) {
        const target = targets.get(lane.endpointId);
        const ready = held.flatMap(({ delivery }) => {
          const heldUntil = begun.get(delivery.id);
          return heldUntil === undefined ? [] : { delivery: { ...delivery, heldUntil }, target };
        });
        lane.answered(ready);
        lane.judge(target?.failing ?? false);
        // The others were given up, or are due by now.
        this.heldInAll -= held.length - ready.length;
        if (ready.length < held.length || claimed.has(lane)) lane.due = true;
      }
      return lanes.map((lane) => {
        const delivery = claimed.get(lane)?.shift();
        return delivery ? { delivery, target: targets.get(lane.endpointId) } : this.next(lane);
      });
    } catch (error) {
      for (const [lane, held] of asked) lane.giveBack(held);
      for (const lane of dueLanes) lane.due = true;
      throw error;
    }
  }

  private async claimDue(lanes: readonly Lane[]): Promise<Map<Lane, ClaimedDelivery[]>> {
    const claimed = new Map<Lane, ClaimedDelivery[]>();
    if (lanes.length === 0) return claimed;
    const deliveries = await claimDeliveries(
      this.dataSource.manager,
      lanes.map(({ endpointId }) => endpointId),
    );
    for (const [index, lane] of lanes.entries()) {
      const delivery = deliveries[index];
      if (delivery) claimed.set(lane, [...(claimed.get(lane) ?? []), delivery]);
    }
    return claimed;
  }

  /** Whether its endpoint failed. */
  private async attempt({ delivery, target }: Work): Promise<boolean> {
    if (!target) {
      const isOperators = delivery.endpointId === OPERATOR_ENDPOINT;
      const error = isOperators ? 'WEBHOOK_URL is not set any more.' : 'The webhook is gone.';
      await abandonDelivery(this.dataSource.manager, delivery, error);
      return false;
    }
    await failpoint('delivery.before-send');
    const at = new Date();
    const attempt = await postWebhook(target, delivery, this.outbound.dispatcher(target.owner), this.stop.signal);
    const { statusCode, error } = attempt;
    const entry = { at: at.toISOString(), durationMs: Date.now() - at.getTime(), statusCode, error };
    await failpoint('delivery.after-send-before-record');
    const recorded = this.writeDown({ delivery, target, attempt, entry });
    // Nothing more goes to an endpoint that failed before it is known whether its webhook goes on.
    if (error !== null || this.unrecorded.size >= AT_ONCE) await recorded;
    return error !== null;
  }

  private writeDown(ended: EndedWork): Promise<void> {
    const { endpointId } = ended.delivery;
    const recorded = this.records
      .add(ended)
      .then((reason) => (reason === undefined ? undefined : this.giveUp({ endpointId, url: ended.target.url }, reason)))
      .catch((error: unknown) => this.failed(error))
      .finally(() => this.unrecorded.delete(recorded));
    this.unrecorded.add(recorded);
    return recorded;
  }

  /** Returns for each attempt why its webhook is to be disabled, if it is. */
  private async record(ended: readonly EndedWork[]): Promise<readonly (string | undefined)[]> {
    const { manager } = this.dataSource;
    const [outcomes, reasons] = await Promise.all([
      recordAttempts(manager, ended),
      // The operator's own, which is no subscription, is told whatever it answers.
      judgeEndpoints(
        manager,
        ended.map(({ delivery: { endpointId }, target: { url }, attempt }) => ({ endpointId, url, attempt })),
      ),
    ]);
    for (const outcome of outcomes) this.attempts.inc({ outcome });
    return reasons;
  }

  private async giveUp(attempted: Attempted, reason: string): Promise<void> {
    const givenUp = await giveUpEndpoint(this.transactions, this.mailQueue, attempted, reason);
    if (!givenUp) return;
    const facts = { subscriptionId: attempted.endpointId, reason };
    this.logger.info('a webhook was disabled', facts);
    if (givenUp.mailed) this.mails.wake();
    else this.logger.warn('the owner of a disabled webhook gets no mail: their address is not known', facts);
  }
}
