// The main job as a story: what a developer does with Slipway, step by step, against a running instance and nothing but its HTTP API.
import { createHmac, randomBytes } from 'node:crypto';

import { WebSocket } from 'ws';

import { HttpClient, type Answer } from './http-client.js';
import { startWebhookReceiver, type ReceivedWebhook, type WebhookReceiver } from './webhook-receiver.js';

/** A step did not show what it should. */
export class StoryError extends Error {
  override readonly name = 'StoryError';
}

export interface StoryOptions {
  /** The gateway's. */
  readonly url: string;
  /** Default: a name that nobody else has. */
  readonly appName?: string;
  /** What to run. Default: an image that the embedded cluster simulates. */
  readonly image?: string;
  /** How long a state is waited for, in milliseconds. Default: 30,000. */
  readonly patienceMs?: number;
  /** Hears of each step as it begins and of what it saw. */
  readonly tell?: (line: string) => void;
}

const POLL_MS = 100;

/**
 * Registers a user, makes an API key, deploys, watches it become running, reads its logs, gets the events by WebSocket and webhook, scales,
 * stops, starts and deletes.
 *
 * @throws StoryError naming the step, what was expected and what was seen
 */
export async function playMainJob(options: StoryOptions): Promise<void> {
  const tag = randomBytes(4).toString('hex');
  const story = new Story(options, tag);
  const receiver = await startWebhookReceiver();
  try {
    await story.play(receiver);
  } finally {
    story.close();
    await receiver.close();
  }
}

class Story {
  private readonly anonymous: HttpClient;
  private readonly frames: Record<string, unknown>[] = [];
  private socket: WebSocket | undefined;

  constructor(
    private readonly options: StoryOptions,
    private readonly tag: string,
  ) {
    this.anonymous = new HttpClient(options.url);
  }

  async play(receiver: WebhookReceiver): Promise<void> {
    const { appName = `shop-${this.tag}`, image = 'registry.example.org/shop:1' } = this.options;

    const email = `kim-${this.tag}@example.org`;
    const password = randomBytes(12).toString('base64url');
    const registered = await this.step(`register ${email}`, 201, () =>
      this.anonymous.send('POST', '/v1/auth/register', {
        username: `kim-${this.tag}`,
        email,
        password,
        confirm_password: password,
      }),
    );
    const session = this.anonymous.with(text(registered, 'access_token'));

    const made = await this.step('make an API key', 201, () => session.send('POST', '/v1/api-keys', { name: 'demo' }));
    const key = text(made, 'key');
    const client = this.anonymous.with(key);

    await this.listen(key);
    const webhook = await this.step('subscribe a webhook', 201, () =>
      client.send('POST', '/v1/webhooks', { name: 'demo', url: receiver.url, events: ['all'] }),
    );
    const secret = text(webhook, 'secret');

    const created = await this.step(`deploy ${image} as ${appName}`, 201, () =>
      client.send('POST', '/v1/deployments', { app_name: appName, image, port: 8080, replicas: 2 }),
    );
    const id = text(created, 'id');
    const path = `/v1/deployments/${id}`;
    await this.untilStatus(client, path, 'running');

    await this.until('the log has lines', async () => {
      const { body } = await client.send('GET', `${path}/logs?tail=5`);
      const lines = Array.isArray(body.logs) ? (body.logs as { message?: unknown }[]) : [];
      return lines.length > 0 && `the last line is ${JSON.stringify(lines.at(-1)?.message)}`;
    });

    await this.untilFrame('deployment_status_changed', (data) => data.status === 'running');
    await this.untilWebhook(receiver, secret, 'deployment_completed', id);

    const scaled = await this.step('scale to 3', 200, () => client.send('PATCH', `${path}/scale`, { replicas: 3 }));
    this.expect(
      scaled.body.replicas === 3,
      'scale to 3',
      `replicas 3, but the answer is ${JSON.stringify(scaled.body)}`,
    );
    await this.untilStatus(client, path, 'running', 3);
    await this.untilFrame('deployment_scaled', (data) => data.new_replicas === 3);

    await this.step('stop', 200, () => client.send('POST', `${path}/stop`));
    await this.untilStatus(client, path, 'stopped');
    await this.step('start', 200, () => client.send('POST', `${path}/start`));
    await this.untilStatus(client, path, 'running', 3);

    await this.step('delete', 200, () => client.send('DELETE', path));
    await this.step('it is gone', 404, () => client.send('GET', path));
    await this.untilFrame('deployment_deleted', (data) => data.app_name === appName);
    await this.untilWebhook(receiver, secret, 'deployment_deleted', id);
  }

  close(): void {
    this.socket?.close();
  }

  private async step(what: string, status: number, act: () => Promise<Answer>): Promise<Answer> {
    const answer = await act();
    this.expect(
      answer.status === status,
      what,
      `status ${status}, but it is ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
    this.options.tell?.(`${what}: ${answer.status}${saying(answer.body)}`);
    return answer;
  }

  private expect(holds: boolean, what: string, expected: string): void {
    if (!holds) throw new StoryError(`${what}: expected ${expected}`);
  }

  private async until(what: string, look: () => Promise<string | false>): Promise<void> {
    const { patienceMs = 30_000 } = this.options;
    const end = Date.now() + patienceMs;
    let saw = await look();
    while (!saw) {
      if (Date.now() > end) throw new StoryError(`${what}: not within ${patienceMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      saw = await look();
    }
    this.options.tell?.(`${what}: ${saw}`);
  }

  private async untilStatus(client: HttpClient, path: string, wanted: string, ready?: number): Promise<void> {
    const seen: string[] = [];
    try {
      await this.until(`it becomes ${wanted}`, async () => {
        const { body } = await client.send('GET', `${path}/status`);
        const status = String(body.status);
        if (seen.at(-1) !== status) seen.push(status);
        const replicas = body.replicas as { ready: number } | undefined;
        return status === wanted && (ready === undefined || replicas?.ready === ready) && seen.join(' → ');
      });
    } catch (error) {
      throw error instanceof StoryError ? new StoryError(`${error.message}; it was ${seen.join(' → ')}`) : error;
    }
  }

  private async listen(key: string): Promise<void> {
    const url = new URL('/v1/ws/notifications', this.options.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
    this.socket = socket;
    socket.on('message', (message: Buffer) =>
      this.frames.push(JSON.parse(message.toString('utf8')) as Record<string, unknown>),
    );
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (error) => reject(new StoryError(`listen for events: ${error.message}`)));
    });
    this.options.tell?.('listen for events on a WebSocket: open');
  }

  private untilFrame(type: string, fits: (data: Record<string, unknown>) => boolean): Promise<void> {
    return this.until(`the WebSocket brings ${type}`, async () => {
      const frame = this.frames.find(
        (candidate) => candidate.type === type && fits(candidate.data as Record<string, unknown>),
      );
      return frame !== undefined && `event ${String(frame.id)}`;
    });
  }

  private untilWebhook(receiver: WebhookReceiver, secret: string, type: string, id: string): Promise<void> {
    return this.until(`the webhook gets ${type}`, async () => {
      const hook = receiver.received.find(({ body }) => body.type === type && body.deployment_id === id);
      if (!hook) return false;
      if (!isSigned(hook, secret)) throw new StoryError(`the webhook gets ${type}: its signature is wrong`);
      return 'signed as Standard Webhooks says';
    });
  }
}

function saying(body: Record<string, unknown>): string {
  const said = body.message ?? body.status;
  return typeof said === 'string' ? `, ${said}` : '';
}

function text(answer: Answer, field: string): string {
  const value = answer.body[field];
  if (typeof value !== 'string')
    throw new StoryError(`the answer has no text "${field}": ${JSON.stringify(answer.body)}`);
  return value;
}

/** Standard Webhooks 1.0: HMAC-SHA256 of `<id>.<timestamp>.<body>` under the base64 after `whsec_`. */
export function isSigned({ headers, text }: Pick<ReceivedWebhook, 'headers' | 'text'>, secret: string): boolean {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
