import { Controller, Delete, Get, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  countApps,
  deleteUser,
  getKubeconfig,
  getUser,
  KUBECONFIG_MAX_BYTES,
  listClusterContexts,
  replaceClusterContexts,
} from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { acceptPassword, type ContextAnswer, type UserAnswer } from './accounts.dto.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { requireJsonObject } from './json-object.js';
import { ownNumber } from './session.js';

/** What an account has of its own: only its owner gets there, and another's number is as unknown as one that nobody has. */
@UseInterceptors(AnswerInterceptor)
@Controller('api/users/:id')
@ApiTags('porter')
export class UsersController {
  constructor(
    private readonly core: CoreClient,
    private readonly authentication: Authentication,
  ) {}

  @Get()
  @Endpoint({ access: 'credential', core: [getUser, getKubeconfig], summary: 'The account, with its kubeconfig' })
  async get(@Current() call: HttpCall): Promise<UserAnswer> {
    onlyOwner(call);
    const { number, email } = await this.core.query(call, getUser, {});
    const { text, allowed } = await this.core.query(call, getKubeconfig, {});
    return { id: number, email, contexts: allowed, rawKubeConfig: text };
  }

  @Get('contexts')
  @Endpoint({ access: 'credential', core: [listClusterContexts], summary: 'The contexts of its kubeconfig' })
  async contexts(@Current() call: HttpCall): Promise<ContextAnswer[]> {
    onlyOwner(call);
    const { contexts } = await this.core.query(call, listClusterContexts, {});
    return contexts.map(({ name, server, cluster, user, allowed: selected }) => ({
      name,
      server,
      cluster,
      user,
      selected,
    }));
  }

  @Put()
  @Endpoint({
    access: 'credential',
    core: [replaceClusterContexts],
    status: 204,
    summary: 'Saves a kubeconfig, or which of its contexts may be used',
  })
  async update(@Current() call: HttpCall): Promise<void> {
    onlyOwner(call);
    const body = await requireJsonObject(call);
    const [rawKubeConfig, allowed] = [body.text('rawKubeConfig'), body.texts('allowedContexts')];
    if (Buffer.byteLength(rawKubeConfig ?? '') > KUBECONFIG_MAX_BYTES)
      throw failure.undecodable('the kubeconfig is larger than 512 KiB');
    await this.core.execute(call, replaceClusterContexts, {
      ...(rawKubeConfig !== undefined && { rawKubeConfig }),
      ...(allowed && { allowed }),
    });
  }

  @Delete()
  @Endpoint({ access: 'credential', core: [countApps, deleteUser], status: 204, summary: 'Deletes the account' })
  async delete(@Current() call: HttpCall): Promise<void> {
    onlyOwner(call);
    const password = acceptPassword(await requireJsonObject(call));
    const { userId } = call.actor;
    const { count: soleApps } = await this.core.query(call, countApps, { ownerId: userId });
    await this.core.execute(call, deleteUser, { password, address: call.address, soleApps });
    this.authentication.forget({ userId, credentialIds: [] });
  }
}

/** @throws Failure 400 for a number that is none, 403 for any other account's */
function onlyOwner(call: HttpCall): void {
  if (ownNumber(call) !== call.actor.number) throw failure.forbidden();
}
