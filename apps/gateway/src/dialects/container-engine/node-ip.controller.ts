import { Controller, Get, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { getNodeAddress, OneOf, Optional, Text } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Endpoint } from './endpoint.js';
import { RequestInterceptor } from './request.interceptor.js';

const SOURCES = ['configuration', 'ingress', 'external', 'internal'] as const;

class NodeIp {
  /** Null when nobody knows: O answers 127.0.0.1 then, where nothing of a deployment is. */
  @Text() @Optional() node_ip: string | null;
  @OneOf(SOURCES) @Optional() source: (typeof SOURCES)[number] | null;
}

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId/node-ip')
@ApiTags('deployments')
export class NodeIpController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({
    access: 'credential',
    core: [getNodeAddress],
    summary: 'Where the hosts of a deployment have to lead',
    answer: NodeIp,
  })
  async get(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<NodeIp> {
    const { address, source } = await this.core.query(call, getNodeAddress, { app: { id } });
    return { node_ip: address, source };
  }
}
