import { Controller, Get } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import { AdminServer } from '@slipway/runtime';

import { Access, PROBE } from './access.js';
import { Current, type HttpCall } from './http-call.js';
import { sendAnswer } from './send-answer.js';

/** The gateway's own paths, for orchestrators: the same answers as its admin port gives. */
@Controller()
@ApiExcludeController()
export class OperationsController {
  constructor(private readonly adminServer: AdminServer) {}

  @Get('livez')
  @RouteConfig(PROBE)
  @Access('public')
  livez(@Current() call: HttpCall): Promise<void> {
    return this.answer(call, '/livez');
  }

  @Get('readyz')
  @RouteConfig(PROBE)
  @Access('public')
  readyz(@Current() call: HttpCall): Promise<void> {
    return this.answer(call, '/readyz');
  }

  @Get('metrics')
  @RouteConfig(PROBE)
  @Access('public')
  metrics(@Current() call: HttpCall): Promise<void> {
    return this.answer(call, '/metrics');
  }

  private async answer(call: HttpCall, path: string): Promise<void> {
    const answer = await this.adminServer.answer(path);
    if (!answer) throw new Error(`the admin server knows no ${path}`);
    sendAnswer(call.reply, {
      status: answer.status,
      headers: { 'content-type': answer.contentType },
      body: answer.body,
    });
  }
}
