// Owns asking the DNS for TXT records: of the resolvers that are configured, else the system's.
import { Resolver } from 'node:dns/promises';

import { Injectable } from '@nestjs/common';

import { DeploymentsConfig } from '../deployments.config.js';

const TIMEOUT_MS = 1_000;
const TRIES = 2;
/** The name is not there, or has no such record: an answer all the same. */
const NOTHING = ['ENOTFOUND', 'ENODATA'];

@Injectable()
export class TxtRecords {
  constructor(private readonly config: DeploymentsConfig) {}

  /** The values at a name, none when there are none. Throws when nobody answers. */
  async at(name: string): Promise<string[]> {
    // One for each question: what a resolver learnt of servers that do not answer is not to outlive it.
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (this.config.domainResolvers.length > 0) resolver.setServers(this.config.domainResolvers);
    try {
      const records = await resolver.resolveTxt(name);
      return records.map((parts) => parts.join(''));
    } catch (error) {
      if (error instanceof Error && 'code' in error && NOTHING.includes(String(error.code))) return [];
      throw error;
    }
  }
}
