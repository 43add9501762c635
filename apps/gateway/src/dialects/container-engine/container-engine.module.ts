import { Module } from '@nestjs/common';

import { ContainerEngineEdge } from './edge.js';
import { HealthController } from './health.controller.js';

@Module({
  controllers: [HealthController],
  providers: [ContainerEngineEdge],
  exports: [ContainerEngineEdge],
})
export class ContainerEngineModule {}
