// Owns asking the DNS for TXT records: of the resolvers that are configured, else the system's.
import { getServers, Resolver } from 'node:dns/promises';

import { Injectable } from '@nestjs/common';
import { within } from '@slipway/runtime';

import { DeploymentsConfig } from '../deployments.config.js';

/** For all servers together: who asks to verify waits, and for other things too. */
const PATIENCE_MS = 4_000;
const TRIES = 2;
/** The name is not there, or has no such record: an answer all the same. */
const NOTHING = ['ENOTFOUND', 'ENODATA'];

@Injectable()
export class TxtRecords {
  constructor(private readonly config: DeploymentsConfig) {}

  /** The values at a name, none when there are none. Throws when nobody answers. */
  async at(name: string): Promise<string[]> {
    // One for each question: what a resolver learnt of servers that do not answer is not to outlive it.
    const { domainResolvers } = this.config;
    const servers = domainResolvers.length > 0 ? domainResolvers : getServers();
    // The second try of a server waits twice as long as the first, and each wait may be drawn out a little.
    const timeout = Math.floor(PATIENCE_MS / (4 * Math.max(1, servers.length)));
    const resolver = new Resolver({ timeout, tries: TRIES });
    if (domainResolvers.length > 0) resolver.setServers(domainResolvers);
    try {
      const records = await within(PATIENCE_MS, resolver.resolveTxt(name), () => new Error('ETIMEOUT'));
      return records.map((parts) => parts.join(''));
    } catch (error) {
      if (error instanceof Error && 'code' in error && NOTHING.includes(String(error.code))) return [];
      throw error;
    } finally {
      resolver.cancel();
    }
  }
}
