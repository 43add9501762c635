import { Controller, Get, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { listPods } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Endpoint } from './endpoint.js';
import { PodsOfDeployment } from './pods.dto.js';
import { toPods } from './pods.projection.js';
import { RequestInterceptor } from './request.interceptor.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId/pods')
@ApiTags('deployments')
export class PodsController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({
    access: 'credential',
    core: [listPods],
    summary: 'The present pods, oldest first',
    answer: PodsOfDeployment,
  })
  async list(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<PodsOfDeployment> {
    return toPods(await this.core.query(call, listPods, { app: { id } }));
  }
}
