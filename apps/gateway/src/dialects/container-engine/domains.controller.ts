import { Controller, Delete, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { addDomain, getDomain, listDomains, removeDomain, verifyDomain } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { AddedDomain, Domain, DomainList, NewDomain, RemovedDomain } from './domains.dto.js';
import { toAddedDomain, toDomain, toRemovedDomain } from './domains.projection.js';
import { CONDITIONAL, Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { JsonBody, type Submitted } from './json-body.js';
import { commandOn, tagOf } from './preconditions.js';
import { RequestInterceptor } from './request.interceptor.js';

const LONGEST = 253;

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId/domains')
@ApiTags('domains')
export class DomainsController {
  constructor(private readonly core: CoreClient) {}

  @Post()
  @Endpoint({
    access: 'credential',
    core: [addDomain],
    status: 201,
    summary: 'Adds a host of your own, to be verified by a TXT record',
    answer: AddedDomain,
    headers: CONDITIONAL,
  })
  async add(
    @Param('deploymentId') id: string,
    @JsonBody(NewDomain) body: Submitted<NewDomain>,
    @Current() call: HttpCall,
  ): Promise<AddedDomain> {
    const host = hostOf(body);
    const { domain, version } = await this.core.execute(call, addDomain, { ...commandOn(id, call), host });
    call.set('ETag', tagOf(version));
    return toAddedDomain(domain);
  }

  @Get()
  @Endpoint({
    access: 'credential',
    core: [listDomains],
    summary: 'The domains of a deployment, newest first',
    answer: DomainList,
  })
  async list(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<DomainList> {
    const { domains } = await this.core.query(call, listDomains, { app: { id } });
    return { domains: domains.map(toDomain) };
  }

  @Get(':domainId')
  @Endpoint({ access: 'credential', core: [getDomain], summary: 'One domain', answer: Domain })
  async get(
    @Param('deploymentId') id: string,
    @Param('domainId') domain: string,
    @Current() call: HttpCall,
  ): Promise<Domain> {
    return toDomain(await this.core.query(call, getDomain, { app: { id }, domain }));
  }

  @Delete(':domainId')
  @Endpoint({
    access: 'credential',
    core: [removeDomain],
    summary: 'Takes a domain away; other domains stay as they are',
    answer: RemovedDomain,
    headers: CONDITIONAL,
  })
  async remove(
    @Param('deploymentId') id: string,
    @Param('domainId') domain: string,
    @Current() call: HttpCall,
  ): Promise<RemovedDomain> {
    const removed = await this.core.execute(call, removeDomain, { ...commandOn(id, call), domain });
    call.set('ETag', tagOf(removed.version));
    return toRemovedDomain(removed.domain);
  }

  @Post(':domainId/verify')
  @Endpoint({
    access: 'credential',
    core: [verifyDomain],
    summary: 'Looks for the TXT record at once',
    answer: Domain,
    headers: CONDITIONAL,
  })
  async verify(
    @Param('deploymentId') id: string,
    @Param('domainId') domain: string,
    @Current() call: HttpCall,
  ): Promise<Domain> {
    return toDomain(await this.core.execute(call, verifyDomain, { ...commandOn(id, call), domain }));
  }
}

/** @throws Failure 400 for what no message could carry; the core judges the rest */
function hostOf({ value, issues }: Submitted<NewDomain>): string {
  if (issues.length === 0) return value.domain;
  throw failure.badRequest(
    value.domain.length > LONGEST ? 'Invalid domain length' : 'Domain contains invalid characters',
  );
}
