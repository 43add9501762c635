import { Controller, Delete, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createCredential, listCredentials, revokeCredential } from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { CreatedKey, CreateKey, KeyList, Message } from './accounts.dto.js';
import { acceptKey, toCreatedKey, toKeyList } from './accounts.projection.js';
import { Endpoint, KEYED, PAGE_QUERY } from './endpoint.js';
import { JsonBody, type Submitted } from './json-body.js';
import { RequestInterceptor } from './request.interceptor.js';
import { pageOf } from './query.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/api-keys')
@ApiTags('api keys')
export class ApiKeysController {
  constructor(
    private readonly core: CoreClient,
    private readonly authentication: Authentication,
  ) {}

  @Post()
  @Endpoint({
    access: 'credential',
    core: [createCredential],
    status: 201,
    summary: 'Makes an API key, which is shown once',
    answer: CreatedKey,
    headers: KEYED,
  })
  async create(@JsonBody(CreateKey) body: Submitted<CreateKey>, @Current() call: HttpCall): Promise<CreatedKey> {
    return toCreatedKey(await this.core.execute(call, createCredential, acceptKey(body, Date.now())));
  }

  @Get()
  @Endpoint({
    access: 'credential',
    core: [listCredentials],
    summary: 'Lists the API keys of the caller',
    answer: KeyList,
    query: PAGE_QUERY,
  })
  async list(@Current() call: HttpCall): Promise<KeyList> {
    const page = pageOf(call.query);
    return toKeyList(await this.core.query(call, listCredentials, { kind: 'api-key', ...page }), page);
  }

  @Delete(':keyId')
  @Endpoint({
    access: 'credential',
    core: [revokeCredential],
    summary: 'Revokes an API key',
    answer: Message,
    headers: KEYED,
  })
  async revoke(@Param('keyId') id: string, @Current() call: HttpCall): Promise<Message> {
    await this.core.execute(call, revokeCredential, { id });
    this.authentication.forget({ userId: call.actor.userId, credentialIds: [id] });
    return { message: 'API key revoked successfully' };
  }
}
