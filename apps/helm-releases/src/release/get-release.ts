import { Controller } from '@nestjs/common';
import {
  getRelease,
  getReleaseHistory,
  type Envelope,
  type GetRelease,
  type GetReleaseHistory,
  type ReleaseDocument,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';

import { DEADLINE_MS } from '../connection/user-clusters.js';
import type { RecordHeader, ReleaseStore } from '../storage/release-store.js';
import { Stores } from '../storage/stores.js';
import { chosen, history } from './choose-releases.js';
import { noSuchRelease, ReadReleases } from './read-releases.js';
import { isReleaseName } from './release-name.js';

@Controller()
export class GetReleaseHandler {
  constructor(
    private readonly stores: Stores,
    private readonly reads: ReadReleases,
  ) {}

  @Handles(getRelease)
  async handle(input: GetRelease, envelope: Envelope): Promise<ReleaseDocument> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const store = await this.stores.open(input.context, input.storage, envelope);
    const header = chosen(await revisionsOf(store, input, signal), input.revision);
    if (!header) throw new Refusal(noSuchRelease(input.name));
    return { json: JSON.stringify(await this.reads.one(store, header, signal)) };
  }
}

@Controller()
export class GetReleaseHistoryHandler {
  constructor(
    private readonly stores: Stores,
    private readonly reads: ReadReleases,
  ) {}

  @Handles(getReleaseHistory)
  async handle(input: GetReleaseHistory, envelope: Envelope): Promise<ReleaseDocument> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const store = await this.stores.open(input.context, input.storage, envelope);
    const headers = history(await revisionsOf(store, input, signal));
    if (headers.length === 0) throw new Refusal(noSuchRelease(input.name));
    return { json: JSON.stringify(await this.reads.many(store, headers, signal)) };
  }
}

async function revisionsOf(
  store: ReleaseStore,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<RecordHeader[]> {
  // No such release can be, and the name would be part of a selector.
  if (!isReleaseName(name)) throw new Refusal(noSuchRelease(name));
  return store.headers({ name, namespace, signal });
}
