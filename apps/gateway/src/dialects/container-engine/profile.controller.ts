import { Controller, Get, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { countApps, getUser, updateUser } from '@slipway/contracts';

import { CoreClient, isUnavailable } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Profile, UpdatedProfile, UpdateProfile } from './accounts.dto.js';
import { acceptProfile, toProfile, toUpdatedProfile } from './accounts.projection.js';
import { Endpoint, KEYED } from './endpoint.js';
import { JsonBody, type Submitted } from './json-body.js';
import { RequestInterceptor } from './request.interceptor.js';

/** A profile is worth more than its count: it does not wait longer than this for deployments. */
const COUNT_WITHIN_MS = 300;

@UseInterceptors(RequestInterceptor)
@Controller('v1/user/profile')
@ApiTags('accounts')
export class ProfileController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({
    access: 'credential',
    core: [getUser, countApps],
    summary: 'The caller, with the number of its deployments and keys',
    answer: Profile,
  })
  async get(@Current() call: HttpCall): Promise<Profile> {
    const [user, count] = await Promise.all([this.core.query(call, getUser, {}), this.countDeployments(call)]);
    return toProfile(user, count);
  }

  @Put()
  @Endpoint({
    access: 'credential',
    core: [updateUser],
    summary: 'Changes user name or e-mail',
    answer: UpdatedProfile,
    headers: KEYED,
  })
  async update(
    @JsonBody(UpdateProfile) body: Submitted<UpdateProfile>,
    @Current() call: HttpCall,
  ): Promise<UpdatedProfile> {
    return toUpdatedProfile(await this.core.execute(call, updateUser, acceptProfile(body)));
  }

  private async countDeployments(call: HttpCall): Promise<number | null> {
    const asked = this.core.query(call, countApps, { ownerId: call.actor.userId }, { timeoutMs: COUNT_WITHIN_MS });
    try {
      return (await asked).count;
    } catch (error) {
      if (isUnavailable(error)) return null;
      throw error;
    }
  }
}
