// One effect per Idempotency-Key. What identifies an operation is the caller, the method, the decoded path and the key; what tells a
// repeated request from another one under the same key is all of the request that decides its effect.
import { createHash, createHmac } from 'node:crypto';

export interface KeyedRequest {
  readonly userId: string;
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: string;
  readonly body: Uint8Array;
  readonly key: string;
}

/** The same for every attempt under one key. Line breaks part the fields: none of them may hold one but the path, which comes last. */
export function operationIdOf(request: KeyedRequest): string {
  const { userId, method, key, path } = request;
  return createHash('sha256').update([userId, method, key, path].join('\n')).digest('hex');
}

/** An HMAC, since it is stored and a body may hold a password that a plain hash would let anybody guess. */
export function requestHashOf(request: KeyedRequest, secret: string): string {
  const hmac = createHmac('sha256', secret);
  for (const part of [request.method, request.path, request.query]) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.update(request.body).digest('hex');
}
