import { Controller, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { changePassword } from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { ChangePassword, Message } from './accounts.dto.js';
import { acceptPasswordChange } from './accounts.projection.js';
import { Endpoint, KEYED } from './endpoint.js';
import { JsonBody, type Submitted } from './json-body.js';
import { RequestInterceptor } from './request.interceptor.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/user/password')
@ApiTags('accounts')
export class PasswordController {
  constructor(
    private readonly core: CoreClient,
    private readonly authentication: Authentication,
  ) {}

  @Put()
  @Endpoint({
    access: 'credential',
    core: [changePassword],
    summary: 'Changes the password and ends the other sessions',
    answer: Message,
    headers: KEYED,
  })
  async change(@JsonBody(ChangePassword) body: Submitted<ChangePassword>, @Current() call: HttpCall): Promise<Message> {
    const { current_password: current, new_password } = acceptPasswordChange(body);
    const input = { current, new: new_password, address: call.address };
    const ended = await this.core.execute(call, changePassword, input);
    // None named would mean all.
    if (ended.credentialIds.length > 0) this.authentication.forget(ended);
    return { message: 'Password updated successfully' };
  }
}
