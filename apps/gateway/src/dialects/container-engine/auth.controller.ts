import { Controller, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  openCredential,
  queueReset,
  refreshSession,
  registerUser,
  resetPassword,
  revokeCredential,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

import { Authentication } from '../../core/authentication.js';
import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { digestOf, newOpaqueToken } from '../../core/opaque-token.js';
import {
  ForgotPassword,
  Login,
  Message,
  Refresh,
  Refreshed,
  Register,
  Registered,
  ResetPassword,
  Session,
} from './accounts.dto.js';
import { acceptRegistration, acceptReset, toRefreshed, toRegistered, toSession } from './accounts.projection.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { JsonBody, type Submitted } from './json-body.js';
import { RequestInterceptor } from './request.interceptor.js';

const OPAQUE_TOKEN = /^[A-Za-z0-9_-]{43}$/;

@UseInterceptors(RequestInterceptor)
@Controller('v1/auth')
@ApiTags('accounts')
export class AuthController {
  constructor(
    private readonly core: CoreClient,
    private readonly authentication: Authentication,
  ) {}

  @Post('register')
  @Endpoint({
    access: 'public',
    core: [registerUser],
    status: 201,
    summary: 'Registers a user and opens a session',
    answer: Registered,
  })
  async register(@JsonBody(Register) body: Submitted<Register>, @Current() call: HttpCall): Promise<Registered> {
    const { username, email, password } = acceptRegistration(body);
    const refreshToken = newOpaqueToken();
    const open = { kind: 'session' as const, digest: refreshToken.digest };
    const opened = await this.core.execute(call, registerUser, { username, email, password, open });
    return toRegistered(opened, refreshToken.value);
  }

  @Post('login')
  @Endpoint({ access: 'public', core: [openCredential], summary: 'Opens a session', answer: Session })
  async login(@JsonBody(Login) body: Submitted<Login>, @Current() call: HttpCall): Promise<Session> {
    const { email, password } = body.accept();
    const { value, digest } = newOpaqueToken();
    const { address } = call;
    const opened = await this.core.execute(call, openCredential, { email, password, kind: 'session', digest, address });
    return toSession(opened, value);
  }

  @Post('refresh')
  @Endpoint({
    access: 'public',
    core: [refreshSession],
    summary: 'Gives a new access token for a refresh token',
    answer: Refreshed,
  })
  async refresh(@JsonBody(Refresh) body: Submitted<Refresh>, @Current() call: HttpCall): Promise<Refreshed> {
    const { refresh_token: presented, rotate } = body.accept();
    if (!OPAQUE_TOKEN.test(presented)) throw failure.invalidToken();
    // A spent token is good for a moment only, so who presents one gets another all the same.
    const next = newOpaqueToken();
    const wanted = rotate ? { nextDigest: next.digest } : { siblingDigest: next.digest };
    const input = { digest: digestOf(presented), ...wanted };
    try {
      const refreshed = await this.core.execute(call, refreshSession, input);
      return toRefreshed(refreshed, (refreshed.rotated ?? rotate) ? next.value : presented);
    } catch (error) {
      if (error instanceof Refusal) this.forgetEnded(error);
      throw error;
    }
  }

  /** A token that was used once too often has ended its session. */
  private forgetEnded({ problem: { facts } }: Refusal): void {
    const { userId, credentialId } = facts ?? {};
    if (userId === undefined || credentialId === undefined) return;
    this.authentication.forget({ userId: String(userId), credentialIds: [String(credentialId)] });
  }

  @Post('forgot-password')
  @Endpoint({
    access: 'public',
    core: [queueReset],
    summary: 'Mails a link that resets the password',
    answer: Message,
  })
  async forgotPassword(
    @JsonBody(ForgotPassword) body: Submitted<ForgotPassword>,
    @Current() call: HttpCall,
  ): Promise<Message> {
    const { email } = body.accept();
    await this.core.execute(call, queueReset, { email });
    return { message: 'If an account with that email exists, a password reset link has been sent.' };
  }

  @Post('reset-password')
  @Endpoint({
    access: 'public',
    core: [resetPassword],
    summary: 'Sets a new password with the token of a mail',
    answer: Message,
  })
  async resetPassword(
    @JsonBody(ResetPassword) body: Submitted<ResetPassword>,
    @Current() call: HttpCall,
  ): Promise<Message> {
    const { token, new_password: password, revoke_api_keys: revokeApiKeys } = acceptReset(body);
    const input = { digest: digestOf(token), password, ...(revokeApiKeys != null && { revokeApiKeys }) };
    const ended = await this.core.execute(call, resetPassword, input);
    // None named would mean all.
    if (ended.credentialIds.length > 0) this.authentication.forget(ended);
    return { message: 'Password reset successfully' };
  }

  // A key has no session to end, and ending the key itself is what DELETE /v1/api-keys is for.
  @Post('logout')
  @Endpoint({
    access: 'credential',
    core: [revokeCredential],
    summary: 'Ends the session of the access token',
    answer: Message,
  })
  async logout(@Current() call: HttpCall): Promise<Message> {
    const { userId, credential } = call.actor;
    if (credential.kind === 'session') {
      await this.core.execute(call, revokeCredential, {});
      this.authentication.forget({ userId, credentialIds: [credential.id] });
    }
    return { message: 'Successfully logged out' };
  }
}
