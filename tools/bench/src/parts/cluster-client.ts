// Asks the cluster with nothing in between: HTTPS on connections that are kept.
import { Agent, request } from 'undici';

import type { ClusterAccess } from '../world/cluster.js';

export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export class ClusterClient {
  private readonly agent: Agent;

  /** @param connections at most so many; default: as many as there are requests at a time */
  constructor(
    private readonly access: ClusterAccess,
    connections?: number,
  ) {
    this.agent = new Agent({ connect: { ca: access.caPem }, ...(connections !== undefined && { connections }) });
  }

  /** @throws Error with the cluster's refusal */
  async send(method: 'GET' | 'DELETE', path: string): Promise<object> {
    return JSON.parse(await (await this.ask(method, path)).text()) as object;
  }

  /** Server-side apply. @throws Error with the cluster's refusal */
  async apply(path: string, body: string): Promise<void> {
    // JSON is a form of YAML.
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    await (await this.ask('PATCH', `${path}?fieldManager=bench&force=true`, headers, body)).dump();
  }

  async list(path: string): Promise<readonly ClusterObject[]> {
    return ((await this.send('GET', path)) as { items: ClusterObject[] }).items;
  }

  /** The lines of an answer that does not end. Resolves once it stands. */
  async lines(path: string, onLine: (line: string) => void): Promise<void> {
    const body = await this.ask('GET', path);
    let rest = '';
    body.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    body.on('error', () => undefined);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async ask(method: 'GET' | 'DELETE' | 'PATCH', path: string, headers = {}, content?: string) {
    const { statusCode, body } = await request(`${this.access.url}${path}`, {
      method,
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.access.token}`, ...headers },
      bodyTimeout: 0,
      ...(content !== undefined && { body: content }),
    });
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${await body.text()}`);
    return body;
  }
}
