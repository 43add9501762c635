import { Controller, Get, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { getMetrics } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Endpoint } from './endpoint.js';
import { DeploymentMetrics } from './metrics.dto.js';
import { toGetMetrics, toMetrics } from './metrics.projection.js';
import { RequestInterceptor } from './request.interceptor.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId/metrics')
@ApiTags('deployments')
export class MetricsController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({
    access: 'credential',
    core: [getMetrics],
    summary: 'What the pods use; with from or to also the history of the last hour',
    answer: DeploymentMetrics,
    query: {
      from: 'RFC 3339 time: the history begins there',
      to: 'RFC 3339 time: the history ends there',
      resolution: 'Of the history: seconds, or 30s, 5m; 60 unless given',
    },
  })
  async get(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<DeploymentMetrics> {
    return toMetrics(await this.core.query(call, getMetrics, toGetMetrics(id, call.query)));
  }
}
