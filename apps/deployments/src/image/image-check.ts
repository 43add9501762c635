// Owns the question whether an image can be pulled, asked of its registry before a command is recorded (IMAGE_CHECK): the manifest's HEAD of
// the OCI distribution specification, with its challenge for a token. It is asked before the transaction, so no row waits for a stranger; what
// a registry does not say within the limit is for the cluster to find out.
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { problem, type Problem, type RegistryAuth } from '@slipway/contracts';
import { AddressFilter, connectorBehind } from '@slipway/outbound';
import { Agent, request } from 'undici';

import { registryOf } from '../app/container.js';
import { DeploymentsConfig } from '../deployments.config.js';

const LIMIT_MS = 3_000;
/** Commands whose images are asked for at a time: a slow registry may hold up these, and not those of everybody else. */
const AT_ONCE = 16;
const TOKEN_BYTES = 64 * 1024;
const DOCKER_HUB = 'docker.io';
/** What Docker Hub is called in references, and where it answers. */
const HUB_NAMES = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);
const HUB_HOST = 'registry-1.docker.io';
/** Those that container runtimes speak plain http with by themselves. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  '*/*',
].join(', ');

interface Reference {
  readonly registry: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly version: string;
}

/** Whose credentials they are is told by `server`; absent, they are for the registry of the first image. */
type Credentials = Pick<RegistryAuth, 'username' | 'password' | 'server'> | null | undefined;

@Injectable()
export class ImageCheck implements OnApplicationShutdown {
  readonly enabled: boolean;
  private readonly agent: Agent;
  private running = 0;

  constructor({ imageCheck, outboundAllow }: DeploymentsConfig) {
    this.enabled = imageCheck;
    const connect = connectorBehind(new AddressFilter(outboundAllow), { timeout: LIMIT_MS, allowH2: false });
    this.agent = new Agent({ connect, pipelining: 0 });
  }

  /** The first image that its registry does not have or does not give out with these credentials; null when none is known to be so. */
  async judge(images: readonly string[], credentials: Credentials): Promise<Problem | null> {
    if (!this.enabled || this.running >= AT_ONCE) return null;
    this.running += 1;
    try {
      return await this.ask(images, credentials);
    } finally {
      this.running -= 1;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }

  private async ask(images: readonly string[], credentials: Credentials): Promise<Problem | null> {
    const server = registryName(credentials?.server ?? registryOf(images[0] ?? ''));
    const signal = AbortSignal.timeout(LIMIT_MS);
    const verdicts = await Promise.all(
      images.map(async (image, index) => {
        const reference = parseImage(image);
        const own = credentials && reference.registry === server ? basic(credentials) : undefined;
        // Away, slow, at an address that is not allowed, or no registry: nothing was said of the image.
        const pullable = await this.isPullable(reference, own, signal).catch(() => true);
        return pullable ? [] : [{ image, path: `containers.${index}.image` }];
      }),
    );
    const [refused] = verdicts.flat();
    if (!refused) return null;
    const text = `The registry does not have the image ${refused.image}, or does not give it out. Check its name and the registry credentials.`;
    return problem.invalid('app', text, { issues: [{ path: refused.path, rule: 'accessible', kind: 'value' }] });
  }

  private async isPullable(reference: Reference, own: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { registry, repository, version } = reference;
    const scheme = LOOPBACK_HOST.test(registry) ? 'http' : 'https';
    const url = `${scheme}://${registry === DOCKER_HUB ? HUB_HOST : registry}/v2/${repository}/manifests/${version}`;
    const first = await this.head(url, undefined, signal);
    if (first.status !== 401) return !isRefusal(first.status);
    const bearer = bearerOf(first.challenge);
    const authorization = bearer ? await this.token(bearer, repository, own, scheme, signal) : own;
    return authorization !== undefined && !isRefusal((await this.head(url, authorization, signal)).status);
  }

  private async head(url: string, authorization: string | undefined, signal: AbortSignal) {
    const { statusCode, headers, body } = await request(url, {
      method: 'HEAD',
      headers: { accept: MANIFESTS, 'user-agent': 'slipway', ...(authorization !== undefined && { authorization }) },
      dispatcher: this.agent,
      signal,
    });
    await body.dump();
    return { status: statusCode, challenge: [headers['www-authenticate'] ?? []].flat().join(', ') };
  }

  /** Undefined when it is refused. @throws when it is not said */
  private async token(
    { realm, service }: Bearer,
    repository: string,
    own: string | undefined,
    scheme: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const url = new URL(realm);
    // A password goes over an open line only to a registry that is on one itself.
    if (url.protocol !== 'https:' && url.protocol !== `${scheme}:`) throw new Error('the realm is not encrypted');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', `repository:${repository}:pull`);
    const { statusCode, body } = await request(url, {
      headers: {
        accept: 'application/json',
        'user-agent': 'slipway',
        ...(own !== undefined && { authorization: own }),
      },
      dispatcher: this.agent,
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      if (isRefusal(statusCode)) return undefined;
      throw new Error(`the token service answered ${statusCode}`);
    }
    let text = '';
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > TOKEN_BYTES) throw new Error('the token is too long');
    }
    const answer = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const token = answer.token ?? answer.access_token;
    if (typeof token !== 'string') throw new Error('the token service gave no token');
    return `Bearer ${token}`;
  }
}

/** Not there, or not for these credentials. Other failures, too many requests among them, say nothing of the image. */
function isRefusal(status: number): boolean {
  return status === 401 || status === 403 || status === 404;
}

function basic({ username, password }: Pick<RegistryAuth, 'username' | 'password'>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Users also write a URL, as Docker's own configuration does. */
function registryName(server: string): string {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return HUB_NAMES.has(host) ? DOCKER_HUB : host;
}

/** `image` is a reference by the contract's rule. */
export function parseImage(image: string): Reference {
  const host = registryOf(image);
  const path = image.startsWith(`${host}/`) ? image.slice(host.length + 1) : image;
  const [named = '', digest] = path.split('@');
  const [name = '', tag = 'latest'] = named.split(':');
  const registry = registryName(host);
  const repository = registry === DOCKER_HUB && !name.includes('/') ? `library/${name}` : name;
  return { registry, repository, version: digest ?? tag };
}

interface Bearer {
  readonly realm: string;
  readonly service: string | undefined;
}

/** Of a WWW-Authenticate header, which may hold several challenges; undefined when none is for a token: then passwords are asked for. */
export function bearerOf(header: string): Bearer | undefined {
  const parameters = /\bBearer\s+(.*)/i.exec(header)?.[1] ?? '';
  const of = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(parameters)?.[1];
  const [realm, service] = [of('realm'), of('service')];
  return realm === undefined ? undefined : { realm, service };
}
