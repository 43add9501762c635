// Serves the build of a single-page front end from FRONTEND_PATH, where nothing else answers: no route, and no path that a dialect or
// the gateway owns. Which file a path means, and that none outside the folder is one, is left to @fastify/send.
import { send } from '@fastify/send';
import { Injectable } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { GatewayConfig } from '../gateway.config.js';
import { isOwnedPath } from './path-owners.js';

const PRECONDITION_FAILED = 412;
const INTERNAL_ERROR = 500;
const INDEX = '/index.html';
const HTML = /(?:^|,)\s*text\/html\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i;

@Injectable()
export class Frontend {
  private readonly root: string | undefined;

  constructor({ frontendPath }: GatewayConfig) {
    this.root = frontendPath;
  }

  /** Whether a path that no route has may be one of the front end's. */
  mayServe(method: string, path: string): boolean {
    return this.root !== undefined && (method === 'GET' || method === 'HEAD') && !isOwnedPath(path);
  }

  /**
   * Sends the file of that path, else the front end itself to a browser that goes there. False: neither.
   * @throws Refusal precondition_failed when the client asks for another state of it
   */
  async serve(request: FastifyRequest, reply: FastifyReply, path: string): Promise<boolean> {
    if (await this.sendFile(request, reply, path === '/' ? INDEX : path)) return true;
    // Scripts, images and programs ask for anything, and have to learn that there is nothing.
    return HTML.test(request.headers.accept ?? '') && this.sendFile(request, reply, INDEX);
  }

  private async sendFile(request: FastifyRequest, reply: FastifyReply, path: string): Promise<boolean> {
    const options = {
      root: this.root,
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
      acceptRanges: false,
    } as const;
    const { type, statusCode, headers, stream, metadata } = await send(request.raw, path, options);
    if (statusCode === PRECONDITION_FAILED)
      throw new Refusal(problem.preconditionFailed('request', 'The file has changed'));
    // A file that cannot be read is not one that is absent.
    if (type === 'error' && statusCode >= INTERNAL_ERROR) throw metadata.error;
    if (type !== 'file') return false;
    void reply.code(statusCode).headers(headers).send(stream);
    return true;
  }
}
