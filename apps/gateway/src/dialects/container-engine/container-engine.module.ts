import { Module } from '@nestjs/common';

import { ApiKeysController } from './api-keys.controller.js';
import { AuthController } from './auth.controller.js';
import { DeploymentsController } from './deployments.controller.js';
import { DomainsController } from './domains.controller.js';
import { ContainerEngineEdge } from './edge.js';
import { EventsController } from './events.controller.js';
import { HealthController } from './health.controller.js';
import { LogsController } from './logs.controller.js';
import { MetricsController } from './metrics.controller.js';
import { NodeIpController } from './node-ip.controller.js';
import { NotificationsController } from './notifications.controller.js';
import { Observation } from './observation.js';
import { PodsController } from './pods.controller.js';
import { PasswordController } from './password.controller.js';
import { ProfileController } from './profile.controller.js';
import { RequestInterceptor } from './request.interceptor.js';
import { RevisionsController } from './revisions.controller.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({
  controllers: [
    AuthController,
    ApiKeysController,
    ProfileController,
    PasswordController,
    DeploymentsController,
    PodsController,
    RevisionsController,
    DomainsController,
    LogsController,
    MetricsController,
    NodeIpController,
    EventsController,
    NotificationsController,
    WebhooksController,
    HealthController,
  ],
  providers: [ContainerEngineEdge, Observation, RequestInterceptor],
  exports: [ContainerEngineEdge],
})
export class ContainerEngineModule {}
