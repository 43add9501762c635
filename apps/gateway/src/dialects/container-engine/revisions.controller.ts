import { Controller, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { getRevision, listRevisions, rollBackApp } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { CONDITIONAL, Endpoint, PAGE_QUERY } from './endpoint.js';
import { failure } from './errors.js';
import { JsonBody, type Submitted } from './json-body.js';
import { commandOn, tagged } from './preconditions.js';
import { pageOf } from './query.js';
import { RequestInterceptor } from './request.interceptor.js';
import { Revision, RevisionList, RollBack, RolledBackDeployment } from './revisions.dto.js';
import { toRevision, toRevisionList, toRolledBack } from './revisions.projection.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId')
@ApiTags('deployments')
export class RevisionsController {
  constructor(private readonly core: CoreClient) {}

  @Get('revisions')
  @Endpoint({
    access: 'credential',
    core: [listRevisions],
    summary: 'What a deployment was made of, newest first; the last 50 are kept',
    answer: RevisionList,
    query: PAGE_QUERY,
  })
  async list(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<RevisionList> {
    const page = pageOf(call.query);
    return toRevisionList(await this.core.query(call, listRevisions, { app: { id }, ...page }), page);
  }

  @Get('revisions/:revision')
  @Endpoint({
    access: 'credential',
    core: [getRevision],
    summary: 'One revision with all that it holds',
    answer: Revision,
  })
  async get(
    @Param('deploymentId') id: string,
    @Param('revision') revision: string,
    @Current() call: HttpCall,
  ): Promise<Revision> {
    return toRevision(await this.core.query(call, getRevision, { app: { id }, number: numberOf(revision) }));
  }

  @Post('rollback')
  @Endpoint({
    access: 'credential',
    core: [rollBackApp],
    summary: 'Makes a new revision with the content of an older one, of the one before unless told',
    answer: RolledBackDeployment,
    headers: CONDITIONAL,
  })
  async rollBack(
    @Param('deploymentId') id: string,
    @JsonBody(RollBack, { optional: true }) body: Submitted<RollBack>,
    @Current() call: HttpCall,
  ): Promise<RolledBackDeployment> {
    const command = commandOn(id, call);
    const { revision } = body.accept();
    const answer = await this.core.execute(call, rollBackApp, { ...command, ...(revision != null && { revision }) });
    tagged(call, answer.app);
    return toRolledBack(answer);
  }
}

/** @throws Failure 400 */
function numberOf(revision: string): number {
  const number = Number(revision);
  if (/^\d{1,10}$/.test(revision) && number >= 1) return number;
  throw failure.badRequest('Invalid id', 'revision: must be an integer of at least 1');
}
