import type { OutgoingHttpHeaders } from 'node:http';

import { HttpStatus, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import { map, type Observable } from 'rxjs';

import { callOf, type HttpCall } from '../../core/http-call.js';
import { failure, JSON_TYPE } from './errors.js';

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;
const CHANGING = new Set(['POST', 'PUT', 'DELETE']);

/** JSON that is there as text already. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** What all routes of this dialect have in common: the key of a change before its body, and bytes of this dialect's content type afterwards. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor<unknown, Buffer> {
  intercept(context: ExecutionContext, next: CallHandler): Observable<Buffer> {
    const call = callOf(context.switchToHttp().getRequest<object>());
    const key = call.header('idempotency-key');
    // What opens or ends a session is asked without one, and has a new cookie each time.
    if (key !== undefined && CHANGING.has(call.method) && call.caller) {
      if (!IDEMPOTENCY_KEY.test(key)) throw failure.fields(['idempotency-key']);
      call.idempotencyKey = key;
    }
    return next.handle().pipe(
      map((body: unknown) => {
        if (call.replayed) call.set('Idempotency-Replayed', 'true');
        call.set('Content-Type', JSON_TYPE);
        if (statusOf(context) === NO_CONTENT) sendNoContent(call);
        return bytesOf(body);
      }),
    );
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.from(body instanceof JsonText ? body.text : JSON.stringify(body));
}

const NO_CONTENT: number = HttpStatus.NO_CONTENT;

function statusOf(context: ExecutionContext): unknown {
  return Reflect.getMetadata(HTTP_CODE_METADATA, context.getHandler());
}

/** The framework would take the type from an answer that has no content, and the original sends one. */
function sendNoContent({ reply }: HttpCall): void {
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  reply.raw.writeHead(NO_CONTENT, headers).end();
}
