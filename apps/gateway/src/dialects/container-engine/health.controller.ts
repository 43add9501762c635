import { Controller, Get } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';

import { Access, PROBE } from '../../core/access.js';
import type { Answer } from '../../core/dialect-edge.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { sendAnswer } from '../../core/send-answer.js';
import { ServiceWatch } from '../../core/service-watch.js';
import { WebSockets } from '../../core/web-sockets.js';
import { VERSION } from '../../version.js';

const WS_HEALTHY = 'WebSocket service is healthy';

@Controller()
@ApiTags('health')
export class HealthController {
  constructor(
    private readonly services: ServiceWatch,
    private readonly sockets: WebSockets,
  ) {}

  @Get('health')
  @RouteConfig(PROBE)
  @Access('public')
  @ApiOperation({ summary: 'Whether the gateway has its broker and hears the services behind it' })
  @ApiResponse({ status: 200, description: 'healthy' })
  @ApiResponse({ status: 503, description: 'unhealthy' })
  async health(@Current() call: HttpCall): Promise<void> {
    sendAnswer(call.reply, healthAnswer((await this.services.missing()).length === 0));
  }

  @Get('v1/ws/health')
  @RouteConfig(PROBE)
  @Access('public')
  @ApiOperation({ summary: 'The same for WebSockets: one message, then the end; or text over plain HTTP' })
  @ApiResponse({ status: 200, description: 'healthy' })
  @ApiResponse({ status: 101, description: 'WebSocket' })
  async socketHealth(@Current() call: HttpCall): Promise<void> {
    const healthy = (await this.services.missing()).length === 0;
    if (!healthy) return sendAnswer(call.reply, healthAnswer(false));
    if (!call.upgrade) {
      return sendAnswer(call.reply, { status: 200, headers: { 'content-type': 'text/plain' }, body: WS_HEALTHY });
    }
    const socket = await this.sockets.accept(call);
    socket.send(JSON.stringify({ status: 'healthy', message: WS_HEALTHY }));
    socket.close(1000);
  }
}

function healthAnswer(healthy: boolean): Answer {
  const status = healthy ? 'healthy' : 'unhealthy';
  return { status: healthy ? 200 : 503, body: { status, service: 'container-engine', version: VERSION } };
}
