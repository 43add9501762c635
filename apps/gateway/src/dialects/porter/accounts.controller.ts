import { Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  CredentialKind,
  getKubeconfig,
  openCredential,
  registerUser,
  revokeCredential,
  type OpenedCredential,
} from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { digestOf, newOpaqueToken } from '../../core/opaque-token.js';
import { acceptLogin, acceptRegistration, type UserAnswer } from './accounts.dto.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { requireJsonObject } from './json-object.js';
import { clearSession, presentedSession, setSession } from './session.js';

@UseInterceptors(AnswerInterceptor)
@Controller('api')
@ApiTags('porter')
export class AccountsController {
  constructor(
    private readonly core: CoreClient,
    private readonly authentication: Authentication,
  ) {}

  @Post('users')
  @Endpoint({ access: 'public', core: [registerUser], status: 201, summary: 'Registers a user and opens a session' })
  async register(@Current() call: HttpCall): Promise<UserAnswer | undefined> {
    const { email, password } = acceptRegistration(await requireJsonObject(call));
    const { value, ...open } = this.newSession(call);
    const opened = await this.core.execute(call, registerUser, { email, password, open });
    call.set('Location', `/api/users/${opened.user.number}`);
    return this.opened(call, value, opened);
  }

  @Post('login')
  @Endpoint({ access: 'public', core: [openCredential, getKubeconfig], summary: 'Opens a session' })
  async login(@Current() call: HttpCall): Promise<UserAnswer | undefined> {
    const presented = acceptLogin(await requireJsonObject(call));
    const { value, ...open } = this.newSession(call);
    const { address } = call;
    const opened = await this.core.execute(call, openCredential, { ...presented, ...open, address });
    return this.opened(call, value, opened);
  }

  // Public, since a session that ended with its account can be logged out too.
  @Post('logout')
  @Endpoint({ access: 'public', core: [revokeCredential], summary: 'Ends the session' })
  async logout(@Current() call: HttpCall): Promise<void> {
    const session = presentedSession(call);
    const caller =
      session === undefined ? null : await this.authentication.byOpaqueValue(session, [CredentialKind.cookie]);
    const isKnown =
      caller !== null || (session !== undefined && (await this.authentication.deletedAccount(session)) !== null);
    if (session === undefined || !isKnown) throw failure.forbidden();
    await this.core.execute(call, revokeCredential, { digest: digestOf(session) });
    if (caller) {
      const { userId, credential } = caller.actor;
      this.authentication.forget({ userId, credentialIds: [credential.id] });
    }
    clearSession(call);
  }

  @Get('auth/check')
  @Endpoint({ access: 'credential', core: [getKubeconfig], summary: 'Tells whose session it is' })
  check(@Current() call: HttpCall): Promise<UserAnswer> {
    const { number, email } = call.actor;
    return this.answer(call, { number, email });
  }

  private newSession(call: HttpCall): { value: string; kind: 'cookie'; digest: string; replaces?: string } {
    const presented = presentedSession(call);
    const replaces = presented === undefined ? {} : { replaces: digestOf(presented) };
    return { ...newOpaqueToken(), kind: 'cookie', ...replaces };
  }

  /** Sets the cookie. Clients of later eras ask for the user's number by their Accept; the document's get an empty body. */
  private async opened(call: HttpCall, value: string, { user }: OpenedCredential): Promise<UserAnswer | undefined> {
    this.forgetReplaced(call);
    setSession(call, value);
    call.set('Vary', 'Accept');
    if (!wantsJson(call.header('accept'))) return undefined;
    call.caller = (await this.authentication.byOpaqueValue(value, [CredentialKind.cookie])) ?? undefined;
    return this.answer(call, user);
  }

  /** The core has ended it; what this gateway remembers of it has to go before the answer. */
  private forgetReplaced(call: HttpCall): void {
    const presented = presentedSession(call);
    if (presented !== undefined) this.authentication.forgetValue(presented);
  }

  private async answer(
    call: HttpCall,
    { number: id, email }: { readonly number: number; readonly email: string },
  ): Promise<UserAnswer> {
    const { allowed } = await this.core.query(call, getKubeconfig, {});
    return { id, email, contexts: allowed, rawKubeConfig: '' };
  }
}

/** Named literally, with a quality above 0: wildcards are what clients send that know nothing of the body. */
export function wantsJson(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return type === 'application/json' && (quality === undefined || Number(quality.slice(2)) > 0);
  });
}
