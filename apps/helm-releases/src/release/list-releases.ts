import { Controller } from '@nestjs/common';
import { listReleases, type Envelope, type ListReleases, type ReleaseDocument } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DEADLINE_MS } from '../connection/user-clusters.js';
import { Stores } from '../storage/stores.js';
import { listed } from './choose-releases.js';
import { ReadReleases } from './read-releases.js';
import { isJson, type Json } from './release-record.js';

@Controller()
export class ListReleasesHandler {
  constructor(
    private readonly stores: Stores,
    private readonly reads: ReadReleases,
  ) {}

  /** From the labels of records as far as they go: bodies are read of what is answered, and of all for an order by time. */
  @Handles(listReleases)
  async handle(input: ListReleases, envelope: Envelope): Promise<ReleaseDocument> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const store = await this.stores.open(input.context, input.storage, envelope);
    const headers = (await store.headers({ namespace: input.namespace, signal })).filter(
      ({ namespace }) => !input.only || namespace === input.only,
    );
    const wanted = listed(headers, input.statuses ?? undefined);
    const skip = Math.max(0, input.skip ?? 0);
    const limit = (input.limit ?? 0) > 0 ? (input.limit ?? 0) : Number.POSITIVE_INFINITY;
    const releases = input.byDate
      ? (await this.reads.many(store, wanted, signal)).sort(byLastDeployed).slice(skip, skip + limit)
      : await this.reads.many(store, wanted.slice(skip), signal, limit);
    return { json: JSON.stringify(releases) };
  }
}

/** The oldest first, in whole seconds; the order by name stays among those of one second. */
function byLastDeployed(a: Json, b: Json): number {
  return lastDeployed(a) - lastDeployed(b);
}

function lastDeployed({ info }: Json): number {
  const seconds = Math.floor(Date.parse(String(isJson(info) ? info['last_deployed'] : '')) / 1_000);
  return Number.isFinite(seconds) ? seconds : 0;
}
