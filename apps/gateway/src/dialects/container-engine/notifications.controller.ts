import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import { countReaders, testFeed } from '@slipway/contracts';

import { ACTS } from '../../core/access.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Endpoint } from './endpoint.js';
import { NotificationStats, SentTestNotification } from './notifications.dto.js';
import { toNotificationStats, toTestedFact } from './notifications.projection.js';
import { idOf } from './query.js';
import { RequestInterceptor } from './request.interceptor.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/notifications')
@ApiTags('notifications')
export class NotificationsController {
  constructor(private readonly core: CoreClient) {}

  // A GET that acts: the document has it so.
  @Get('test')
  @RouteConfig(ACTS)
  @Endpoint({
    access: 'credential',
    core: [testFeed],
    summary: 'Sends a notification that is marked as a test to the streams of the caller',
    answer: SentTestNotification,
    query: {
      notification_type:
        'deployment_created, deployment_success or deployment_failed; anything else is a change of status',
      deployment_id: 'Any id; a random one unless given',
    },
  })
  async test(@Current() call: HttpCall): Promise<SentTestNotification> {
    const appId = idOf(call.query, 'deployment_id');
    const fact = toTestedFact(call.query.get('notification_type'));
    await this.core.execute(call, testFeed, { fact, ...(appId !== undefined && { appId }) });
    return { success: true, message: 'Test notification sent', user_id: call.actor.userId };
  }

  @Get('stats')
  @Endpoint({
    access: 'credential',
    core: [countReaders],
    summary: 'How many users, through how many connections, read notifications right now',
    answer: NotificationStats,
  })
  async stats(@Current() call: HttpCall): Promise<NotificationStats> {
    return toNotificationStats(await this.core.query(call, countReaders, {}));
  }
}
