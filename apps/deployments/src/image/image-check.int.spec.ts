import { randomUUID } from 'node:crypto';

import { getApp, updateApp } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DeploymentsConfig } from '../deployments.config.js';
import { type Fixture, kim, lee, problemOf, startFixture } from '../fixture/deployments.js';
import { READER, type Registry, startRegistry } from '../fixture/registry.js';
import { bearerOf, ImageCheck, parseImage } from './image-check.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImage', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest'],
    ['grafana/grafana:11', 'docker.io', 'grafana/grafana', '11'],
    ['index.docker.io/nginx:1', 'docker.io', 'library/nginx', '1'],
    ['ghcr.io/a/b/c', 'ghcr.io', 'a/b/c', 'latest'],
    ['localhost:5000/app:v1', 'localhost:5000', 'app', 'v1'],
    [`quay.io/a/b:v1@${DIGEST}`, 'quay.io', 'a/b', DIGEST],
    [`nginx@${DIGEST}`, 'docker.io', 'library/nginx', DIGEST],
  ])('%s', (image, registry, repository, version) => {
    expect(parseImage(image)).toEqual({ registry, repository, version });
  });
});

describe('bearerOf', () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull,push"',
      { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
    ],
    ['bearer service="x", realm="https://a/b"', { realm: 'https://a/b', service: 'x' }],
    ['Bearer realm="https://a/b", Basic realm="c"', { realm: 'https://a/b', service: undefined }],
    ['Basic realm="c", Bearer realm="https://a/b"', { realm: 'https://a/b', service: undefined }],
    ['Basic realm="Registry"', undefined],
    ['Negotiate', undefined],
    ['', undefined],
  ])('%s', (header, expected) => expect(bearerOf(header)).toEqual(expected));
});

describe('ask for an image', () => {
  let registry: Registry;
  let check: ImageCheck;
  const checkWith = (more: Partial<DeploymentsConfig>): ImageCheck =>
    new ImageCheck(Object.assign(new DeploymentsConfig(), { imageCheck: true, outboundAllow: ['loopback'], ...more }));
  const isRefused = async (image: string, credentials?: typeof READER & { server?: string }, by = check) =>
    (await by.judge([image], credentials)) !== null;
  beforeEach(async () => {
    registry = await startRegistry();
    registry.manifests.add('team/app:v1').add(`team/app:${DIGEST}`);
    check = checkWith({});
  });
  afterEach(async () => {
    await check.onApplicationShutdown();
    await registry.close();
  });

  it('passes one that is there, by tag or digest, and refuses one that is not', async () => {
    const image = `${registry.host}/team/app`;
    const verdicts = [];
    for (const version of [':v1', `@${DIGEST}`, `:v0@${DIGEST}`, ':v2', ''])
      verdicts.push(await isRefused(image + version));
    expect(verdicts).toEqual([false, false, false, true, true]);
    expect(registry.asked[0]).toBe('HEAD /v2/team/app/manifests/v1 nothing');
  });

  it('names the container and the image that is refused', async () => {
    const images = [`${registry.host}/team/app:v1`, `${registry.host}/team/app:v2`];
    expect(await check.judge(images, null)).toMatchObject({
      kind: 'invalid',
      noun: 'app',
      text: expect.stringContaining('team/app:v2'),
      issues: [{ path: 'containers.1.image', rule: 'accessible', kind: 'value' }],
    });
  });

  it.each(['token', 'basic'] as const)(
    'answers the challenge for a %s with the credentials of the App',
    async (kind) => {
      registry.protection = kind;
      const image = `${registry.host}/team/app:v1`;
      expect(await isRefused(image, READER)).toBe(false);
      expect(await isRefused(image)).toBe(true);
      expect(await isRefused(image, { ...READER, password: 'wrong' })).toBe(true);
      expect(await isRefused(`${registry.host}/team/app:v2`, READER)).toBe(true);
    },
  );

  it('asks the token service for reading this repository alone', async () => {
    registry.protection = 'token';
    await isRefused(`${registry.host}/team/app:v1`, READER);
    expect(registry.asked).toEqual([
      'HEAD /v2/team/app/manifests/v1 nothing',
      'GET /token?service=the+registry&scope=repository%3Ateam%2Fapp%3Apull Basic',
      'HEAD /v2/team/app/manifests/v1 Bearer',
    ]);
  });

  it('gives credentials to their own registry alone', async () => {
    registry.protection = 'basic';
    const image = `${registry.host}/team/app:v1`;
    expect(await isRefused(image, { ...READER, server: 'ghcr.io' })).toBe(true);
    expect(await isRefused(image, { ...READER, server: `https://${registry.host}/v2/` })).toBe(false);
    expect(registry.asked.map((line) => line.split(' ').at(-1))).toEqual(['nothing', 'nothing', 'Basic']);
  });

  it.each([429, 500, 503, 301])('passes an image of which the registry says nothing (%i)', async (status) => {
    registry.behaviour = (_, response) => void response.writeHead(status, { location: '/elsewhere' }).end();
    expect(await isRefused(`${registry.host}/team/app:v2`)).toBe(false);
    expect(registry.asked).toHaveLength(1);
  });

  it('passes it when the registry is away, or silent for three seconds', async () => {
    registry.behaviour = () => undefined;
    const began = performance.now();
    expect(await isRefused(`${registry.host}/team/app:v2`)).toBe(false);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(2_900);
    expect(took).toBeLessThan(4_500);
    await registry.close();
    expect(await isRefused(`${registry.host}/team/app:v2`)).toBe(false);
  });

  it('asks for sixteen commands at a time, and passes what comes beside them', async () => {
    const answers: (() => void)[] = [];
    registry.behaviour = (_, response) => void answers.push(() => response.writeHead(404).end());
    const image = `${registry.host}/team/app:v2`;
    const first = Array.from({ length: 16 }, () => isRefused(image));
    expect(await isRefused(image)).toBe(false);
    await waitFor(() => answers.length === 16);
    for (const answer of answers) answer();
    expect(await Promise.all(first)).toEqual(Array(16).fill(true));
    registry.behaviour = undefined;
    expect(await isRefused(image)).toBe(true);
  });

  it('S11 asks nothing at an address that is not allowed, and nothing at all when it is off', async () => {
    for (const other of [checkWith({ outboundAllow: [] }), checkWith({ imageCheck: false })]) {
      expect(await isRefused(`${registry.host}/team/app:v2`, READER, other)).toBe(false);
      await other.onApplicationShutdown();
    }
    expect(registry.asked).toEqual([]);
  });
});

describe('an image that cannot be pulled', () => {
  let registry: Registry;
  let fixture: Fixture;
  beforeAll(async () => {
    registry = await startRegistry();
    fixture = await startFixture({ IMAGE_CHECK: 'true', OUTBOUND_ALLOW: 'loopback' });
  });
  beforeEach(() => {
    registry.manifests.clear();
    registry.manifests.add('app:v1');
    registry.protection = 'none';
    registry.asked.length = 0;
  });
  afterAll(async () => {
    await fixture.close();
    await registry.close();
  });
  const image = (tag: string): string => `${registry.host}/app:${tag}`;
  const inaccessible = { kind: 'invalid', issues: [{ rule: 'accessible' }] };

  it('makes no App, and leaves its name free', async () => {
    const name = `a${randomUUID()}`;
    expect(await problemOf(fixture.create({ name, container: { image: image('v2') } }))).toMatchObject(inaccessible);
    await expect(fixture.create({ name, container: { image: image('v1') } })).resolves.toMatchObject({ name });
  });

  it('changes no App; its own credentials are shown to the registry', async () => {
    registry.protection = 'token';
    const app = await fixture.create({ container: { image: image('v1') }, registryAuth: READER });
    const change = (more: object) => fixture.execute(updateApp, { app: { id: app.id }, ...more });
    expect(await problemOf(change({ containers: [{ image: image('v2') }] }))).toMatchObject(inaccessible);
    expect(await problemOf(change({ registryAuth: null }))).toMatchObject(inaccessible);
    expect(await fixture.query(getApp, { app: { id: app.id } })).toMatchObject({ version: app.version });
    registry.manifests.add('app:v2');
    await expect(change({ containers: [{ image: image('v2') }] })).resolves.toMatchObject({ changed: true });
  });

  it('is not asked for when the image stays, or for somebody who does not see the App', async () => {
    const app = await fixture.create({ container: { image: image('v1') } });
    registry.asked.length = 0;
    await fixture.execute(updateApp, { app: { id: app.id }, replicas: 2 });
    await fixture.execute(updateApp, { app: { id: app.id }, containers: [{ image: image('v1') }] });
    const foreign = fixture.execute(
      updateApp,
      { app: { id: app.id }, containers: [{ image: image('v2') }] },
      { actor: lee },
    );
    expect(await problemOf(foreign)).toMatchObject({ kind: 'not_found' });
    expect(registry.asked).toEqual([]);
  });

  it('has the recorded answer when the command is repeated, whatever the registry says by then', async () => {
    const app = await fixture.create({ container: { image: image('v1') } });
    const operationId = randomUUID();
    registry.manifests.add('app:v3');
    const change = () =>
      fixture.execute(
        updateApp,
        { app: { id: app.id }, containers: [{ image: image('v3') }] },
        { actor: kim, operationId },
      );
    const first = await change();
    registry.manifests.delete('app:v3');
    expect(await change()).toEqual(first);
  });
});
