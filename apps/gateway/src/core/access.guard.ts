import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { failpoint } from '@slipway/runtime';

import { GatewayConfig } from '../gateway.config.js';
import { ACCESS, type AccessKind } from './access.js';
import { callOf, type HttpCall } from './http-call.js';
import { Origins } from './origins.js';
import { RateLimit } from './rate-limit.js';

const READING = new Set(['GET', 'HEAD']);
/** Of Sec-Fetch-Site: the page's own origin, or no page. */
const OWN_SITES = new Set(['same-origin', 'none']);

/** Asks, in this order: may this page connect, whose credential is it, may it write, does it ask too often. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly perAddress: RateLimit;
  private readonly perCredential: RateLimit;

  constructor(
    private readonly reflector: Reflector,
    private readonly origins: Origins,
    config: GatewayConfig,
  ) {
    this.perAddress = new RateLimit(config.publicRateLimitPerMinute);
    this.perCredential = new RateLimit(config.rateLimitPerMinute);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const call = callOf(context.switchToHttp().getRequest<object>());
    const access = this.reflector.get<AccessKind | undefined>(ACCESS, context.getHandler());
    if (access === undefined) throw new Error(`${call.method} ${call.route} declares no access`);
    call.access = access;
    this.checkOrigin(call);
    if (access === 'public') {
      this.checkRate(call, this.perAddress, call.address);
      return true;
    }
    call.caller = await call.dialect.authenticate(call);
    await failpoint('gateway.after-authenticate');
    const { credential } = call.caller.actor;
    if (credential.scope === 'read' && !READING.has(call.method)) {
      throw new Refusal(problem.forbidden('credential', 'This credential only reads.', { code: 'read_only' }));
    }
    this.checkRate(call, this.perCredential, credential.id);
    return true;
  }

  // A browser sends cookies and reaches inner networks on behalf of any page, and a WebSocket knows no preflight. What says nothing of a page
  // is a script.
  private checkOrigin(call: HttpCall): void {
    const site = call.header('sec-fetch-site');
    const changesByCookie = call.dialect.cookies && !READING.has(call.method);
    if (changesByCookie && site !== undefined) {
      if (OWN_SITES.has(site)) return;
      throw new Refusal(problem.forbidden('request', `A page of another site (${site}) may not make changes.`));
    }
    const origin = call.header('origin');
    if (!call.upgrade && !changesByCookie) return;
    if (origin === undefined || this.origins.allows(origin, call.header('host'))) return;
    throw new Refusal(problem.forbidden('request', `The origin ${origin} may not connect. List it in CORS_ORIGINS.`));
  }

  private checkRate(call: HttpCall, limit: RateLimit, caller: string): void {
    const state = limit.take(caller);
    if (!state) return;
    call.set('RateLimit-Limit', state.limit);
    call.set('RateLimit-Remaining', state.remaining);
    call.set('RateLimit-Reset', state.resetSeconds);
    if (!state.exceeded) return;
    throw new Refusal(
      problem.rateLimited('request', 'Too many requests. Wait for the next minute.', {
        retryAfterMs: state.resetSeconds * 1000,
      }),
    );
  }
}
