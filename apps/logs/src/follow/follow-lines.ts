import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { type Envelope, FollowedLines, followLines, type FollowLines } from '@slipway/contracts';
import { Handles, logSubject } from '@slipway/messaging';

import { AppAudiences } from '../audience/app-audiences.js';
import { Follows } from './follows.js';

/** Half of what a lease lasts: one renewal may be lost. */
const RENEW_WITHIN_MS = 15_000;

@Controller()
export class FollowLinesHandler {
  constructor(
    private readonly audiences: AppAudiences,
    private readonly follows: Follows,
  ) {}

  // Each renewal looks again at who may see the App: a team that is taken away ends its readers' streams with their leases.
  @Handles(followLines)
  async handle({ appId, leaseId }: FollowLines, envelope: Envelope): Promise<FollowedLines> {
    const app = await this.audiences.findVisible(appId, envelope);
    const lease = leaseId ?? randomUUID();
    await this.follows.follow(app, lease);
    return Object.assign(new FollowedLines(), {
      leaseId: lease,
      renewWithinMs: RENEW_WITHIN_MS,
      subject: logSubject({ environment: app.environmentId, app: app.appId }),
    });
  }
}
