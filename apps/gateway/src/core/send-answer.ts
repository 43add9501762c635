import type { FastifyReply } from 'fastify';

import type { Answer } from './dialect-edge.js';

/** Sends bytes, never an object: Fastify would add a charset that the dialects do not have. */
export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  const json = typeof answer.body !== 'string';
  const headers = { ...(json && { 'content-type': 'application/json' }), ...answer.headers };
  reply.code(answer.status).headers(headers);
  void reply.send(Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)));
}
