import { Controller } from '@nestjs/common';
import { KubeconfigError, listContexts, type ContextSummary } from '@slipway/cluster/kubeconfig';
import {
  clusterContextsReplaced,
  problem,
  replaceClusterContexts,
  type AllowedContexts,
  type Envelope,
  type ReplaceClusterContexts,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { lockActingUser } from '../user/user.queries.js';
import { Kubeconfigs } from './kubeconfigs.js';

@Controller()
export class ReplaceClusterContextsHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly kubeconfigs: Kubeconfigs,
  ) {}

  /** A file that breaks a rule is refused as a whole; a context that is never used is saved and listed, and refused when it is used. */
  @Handles(replaceClusterContexts)
  handle(input: ReplaceClusterContexts, envelope: Envelope): Promise<AllowedContexts> {
    return this.inbox.once(replaceClusterContexts, envelope, async (tx) => {
      const { id: userId } = await lockActingUser(tx, envelope);
      const saved = await this.kubeconfigs.find(tx, userId);
      const text = input.rawKubeConfig || saved.text;
      const wanted = new Set(input.allowed ?? saved.allowed);
      const contexts = text === null ? null : read(text);
      const names = contexts ? contexts.map(({ name }) => name).filter((name) => wanted.has(name)) : [...wanted];
      await this.kubeconfigs.save(tx, userId, { text, allowed: names });
      if (contexts) await this.kubeconfigs.replaceContexts(tx, userId, contexts.map(toRow));
      await tx.outbox.add(clusterContextsReplaced, { userId, names });
      return { names };
    });
  }
}

function read(text: string): ContextSummary[] {
  try {
    return listContexts(text);
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    throw new Refusal(problem.invalid('cluster_context', error.message, { code: 'kubeconfig' }));
  }
}

function toRow({ name, server, cluster, user, position }: ContextSummary) {
  return { name, server, cluster, user, position };
}
