import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AddressFilter, connectorBehind, INTERNAL_NETWORKS } from '@slipway/outbound';
import { within } from '@slipway/runtime';
import { Agent, type Dispatcher } from 'undici';

import { NotificationsConfig } from '../notifications.config.js';

const RESOLVE_MS = 2_000;
const CONNECT_MS = 10_000;
// Long enough for a burst, and shorter than receivers wait before they close: one that they have just closed would cost a delivery its attempt.
const KEPT_MS = 1_000;

/** The two ways out: for the webhooks of users, and for the operator's own, which may lie in internal networks. */
@Injectable()
export class OutboundAgents implements OnApplicationShutdown {
  private readonly users: AddressFilter;
  private readonly usersAgent: Agent;
  private readonly operatorAgent: Agent;

  constructor({ outboundAllow }: NotificationsConfig) {
    this.users = new AddressFilter(outboundAllow);
    this.usersAgent = agentBehind(this.users);
    this.operatorAgent = agentBehind(new AddressFilter(INTERNAL_NETWORKS));
  }

  dispatcher(owner: 'user' | 'operator'): Dispatcher {
    return owner === 'operator' ? this.operatorAgent : this.usersAgent;
  }

  /** Whether a user's webhook could not be reached at this host. Not when that cannot be told within two seconds: sending judges again. */
  refuses(hostname: string): Promise<boolean> {
    return within(RESOLVE_MS, this.users.refuses(hostname), () => new Error('the look-up takes too long')).catch(
      () => false,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.usersAgent.destroy(), this.operatorAgent.destroy()]);
  }
}

function agentBehind(filter: AddressFilter): Agent {
  return new Agent({
    connect: connectorBehind(filter, { timeout: CONNECT_MS, allowH2: false }),
    keepAliveTimeout: KEPT_MS,
    keepAliveMaxTimeout: KEPT_MS,
  });
}
