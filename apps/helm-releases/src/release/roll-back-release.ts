import { Controller } from '@nestjs/common';
import { ClusterError } from '@slipway/cluster';
import { problem, rollBackRelease, type Envelope, type RollBackRelease } from '@slipway/contracts';
import { Handles, Refusal, writerOf } from '@slipway/messaging';
import { ServiceLogger } from '@slipway/runtime';

import { troubleOf } from '../connection/cluster-trouble.js';
import { applyManifest } from '../manifest/apply-manifest.js';
import { objectsOf, UnusableManifest } from '../manifest/manifest.js';
import type { RecordHeader, ReleaseStore } from '../storage/release-store.js';
import { Stores } from '../storage/stores.js';
import { noSuchRelease } from './read-releases.js';
import { isReleaseName } from './release-name.js';
import { isJson, UndecodableRecord, type Json } from './release-record.js';

const BOUND_MS = 30_000;
/** So long a rollback that another one meets is taken for one that runs. */
const RUNNING_MS = BOUND_MS;
const PENDING = 'pending-rollback';

interface Revision {
  readonly header: RecordHeader;
  readonly record: Json;
}

/**
 * The steps of Helm's rollback (https://pkg.go.dev/helm.sh/helm/v3/pkg/action#Rollback): the next revision is recorded as pending, its manifest
 * applied, then it is the deployed one. The cluster has all that is known of it, so whoever takes up a command that was begun goes on from
 * there: the record tells which command made it.
 */
@Controller()
export class RollBackReleaseHandler {
  constructor(
    private readonly stores: Stores,
    private readonly log: ServiceLogger,
  ) {}

  @Handles(rollBackRelease)
  async handle(input: RollBackRelease, envelope: Envelope): Promise<void> {
    writerOf(envelope);
    const { name, namespace } = input;
    const signal = AbortSignal.timeout(BOUND_MS);
    const store = await this.stores.open(input.context, input.storage, envelope);
    if (!isReleaseName(name)) throw new Refusal(noSuchRelease(name));
    const headers = (await store.headers({ name, namespace, signal })).sort((a, b) => a.revision - b.revision);
    const begun = headers.find(({ madeBy }) => madeBy?.operationId === envelope.operationId);
    if (begun?.madeBy?.requestHash !== envelope.requestHash && begun) throw new Refusal(KEY_REUSED);
    if (begun?.status === 'deployed' || begun?.status === 'superseded') return;
    if (begun && begun.status !== PENDING) throw failed('the rollback failed: see the description of its revision');
    const next = begun
      ? await this.read(store, begun, signal)
      : await this.record(store, headers, input, envelope, signal);
    await this.carryOut(store, headers, next, signal);
  }

  /** Stores the next revision as pending. */
  private async record(
    store: ReleaseStore,
    headers: readonly RecordHeader[],
    { name, revision }: RollBackRelease,
    { operationId, requestHash }: Envelope,
    signal: AbortSignal,
  ): Promise<Revision> {
    const latest = headers.at(-1);
    const wanted = revision || (latest?.revision ?? 0) - 1;
    const target = headers.find((header) => header.revision === wanted);
    if (!latest || !target) throw new Refusal(noSuchRelease(name));
    if (latest.status === PENDING && Date.now() - latest.changedAt < RUNNING_MS)
      throw failed('another rollback is running');
    const [current, source] = [await this.read(store, latest, signal), await this.read(store, target, signal)];
    if (hasRollbackHooks(source.record)) throw failed('the revision has rollback hooks, which Slipway does not run');
    const now = new Date().toISOString();
    const info = {
      first_deployed: infoOf(current.record)['first_deployed'] ?? now,
      last_deployed: now,
      deleted: '',
      description: `Rollback to ${wanted}`,
      status: PENDING,
      ...(infoOf(source.record)['notes'] !== undefined && { notes: infoOf(source.record)['notes'] }),
    };
    const next = {
      header: {
        ...latest,
        revision: latest.revision + 1,
        status: PENDING,
        madeBy: { operationId, requestHash },
        changedAt: Date.now(),
      },
      record: { ...source.record, info, version: latest.revision + 1 },
    };
    if (!(await store.add(next.header, next.record, signal))) throw failed('another revision was recorded meanwhile');
    return next;
  }

  private async carryOut(
    store: ReleaseStore,
    headers: readonly RecordHeader[],
    next: Revision,
    signal: AbortSignal,
  ): Promise<void> {
    const earlier = headers.filter(({ revision }) => revision < next.header.revision);
    const last = earlier.at(-1);
    const current = last && (await this.read(store, last, signal));
    try {
      await this.apply(store, current, next, signal);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      const description = `Rollback "${next.header.name}" failed: ${reason}`;
      // The time of the rollback itself may be over.
      const afterwards = AbortSignal.timeout(BOUND_MS);
      if (current) await this.mark(store, current, 'superseded', afterwards);
      await this.mark(store, next, 'failed', afterwards, description);
      throw failed(reason);
    }
    for (const header of earlier.filter(({ status }) => status === 'deployed'))
      await this.mark(store, await this.read(store, header, signal), 'superseded', signal);
    await this.mark(store, next, 'deployed', signal);
    const { name, namespace, revision } = next.header;
    this.log.info('a release was rolled back', { name, namespace, revision });
  }

  private async apply(
    store: ReleaseStore,
    current: Revision | undefined,
    next: Revision,
    signal: AbortSignal,
  ): Promise<void> {
    const { name: release, namespace } = next.header;
    const change = { release, namespace, from: current ? manifestOf(current) : [], to: manifestOf(next) };
    if (store.objects) await applyManifest(store.objects, change, signal);
  }

  private async mark(
    store: ReleaseStore,
    { header, record }: Revision,
    status: string,
    signal: AbortSignal,
    description?: string,
  ): Promise<void> {
    const info = { ...infoOf(record), status, ...(description !== undefined && { description }) };
    await store.update({ ...header, status }, { ...record, info }, signal);
  }

  private async read(store: ReleaseStore, header: RecordHeader, signal: AbortSignal): Promise<Revision> {
    try {
      const record = await store.record(header, signal);
      if (record) return { header, record };
    } catch (error) {
      if (!(error instanceof UndecodableRecord)) throw error;
    }
    throw failed(`the record of revision ${header.revision} cannot be read`);
  }
}

function infoOf({ info }: Json): Json {
  return isJson(info) ? info : {};
}

function manifestOf({ record: { manifest } }: Revision) {
  return objectsOf(typeof manifest === 'string' ? manifest : '');
}

function hasRollbackHooks({ hooks }: Json): boolean {
  const events = Array.isArray(hooks)
    ? hooks.flatMap((hook: unknown) => (isJson(hook) ? (hook['events'] ?? []) : []))
    : [];
  return events.some((event) => event === 'pre-rollback' || event === 'post-rollback');
}

/** Why the manifest could not be applied; undefined for what nobody expected, which is tried again. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof UnusableManifest) return `the manifest cannot be used: ${error.message}`;
  if (!(error instanceof ClusterError)) return undefined;
  // The rules that an object breaks are its owner's to know; everything else in our words.
  return error.kind === 'invalid'
    ? error.message.slice(0, 500)
    : troubleOf(error, 'change the objects of the release').text;
}

function failed(reason: string): Refusal {
  return new Refusal(problem.conflict('release', reason, { code: 'rollback_failed' }));
}

const KEY_REUSED = problem.invalid('request', 'This Idempotency-Key was used with another request.', {
  code: 'key_reused',
});
