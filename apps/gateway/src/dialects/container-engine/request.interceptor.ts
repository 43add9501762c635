import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';

import { callOf } from '../../core/http-call.js';
import { failure } from './errors.js';
import { unknownFieldsOf } from './json-body.js';
import { ifMatchOf } from './preconditions.js';
import { isUuid } from './query.js';

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;
const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * What all routes of this dialect have in common once the credential is accepted: ids in the path, then the headers of a change, before any
 * body is looked at; afterwards the header of a replay, and the fields that nobody knows.
 */
@Injectable()
export class RequestInterceptor implements NestInterceptor<unknown, unknown> {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const call = callOf(context.switchToHttp().getRequest<object>());
    for (const [name, value] of Object.entries(call.params)) {
      if (!name.endsWith('Id')) continue;
      if (!isUuid(value)) throw failure.invalidId(name);
      call.params[name] = value.toLowerCase();
    }
    // What is no tag is told before the body is looked at; what the tag demands is judged with the change.
    if (CHANGING.has(call.method) && 'deploymentId' in call.params) ifMatchOf(call.header('if-match'));
    const key = call.header('idempotency-key');
    if (key !== undefined && call.caller && CHANGING.has(call.method) && !call.route?.startsWith('/v1/auth/')) {
      if (!IDEMPOTENCY_KEY.test(key))
        throw failure.invalidHeader('Idempotency-Key: must have 1 to 255 printable ASCII characters');
      call.idempotencyKey = key;
    }
    return next.handle().pipe(
      map((body: unknown) => {
        if (call.replayed) call.set('Idempotency-Replayed', 'true');
        const unknown = unknownFieldsOf(call);
        if (unknown.length === 0 || typeof body !== 'object' || body === null) return body;
        return { ...body, warnings: unknown.map((path) => `${path}: unknown field, ignored`) };
      }),
    );
  }
}
