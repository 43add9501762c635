import {
  clusterContextsReplaced,
  getKubeconfig,
  listClusterContexts,
  replaceClusterContexts,
  resolveClusterContext,
  type Actor,
  type ReplaceClusterContexts,
} from '@slipway/contracts';
import { type Harness } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { givenUser, startIdentity } from '../fixture/identity-harness.js';
import { KubeconfigEntity } from './kubeconfig.entity.js';

const ARN = 'arn:aws:eks:eu-west-1:1:cluster/dock';

const kubeconfig = (user: object = { token: 't0ken' }, harbourUser = 'ada'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'harbour',
    clusters: [
      { name: 'quay', cluster: { server: 'https://quay.example.com:6443' } },
      { name: 'dock', cluster: { server: 'https://dock.example.com' } },
    ],
    users: [{ name: 'ada', user }],
    contexts: [
      { name: 'harbour', context: { cluster: 'quay', user: harbourUser } },
      { name: ARN, context: { cluster: 'dock', user: 'ada', namespace: 'billing' } },
    ],
  });

let harness: Harness;
let actor: Actor;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());
beforeEach(async () => {
  ({ actor } = await givenUser(harness));
});

const replace = (input: ReplaceClusterContexts) => harness.execute(replaceClusterContexts, input, { actor });
const listed = async () => (await harness.query(listClusterContexts, {}, { actor })).contexts;
const source = () => harness.query(getKubeconfig, {}, { actor });
const resolve = (name: string) => harness.query(resolveClusterContext, { name }, { actor });

const HARBOUR = { name: 'harbour', server: 'https://quay.example.com:6443', cluster: 'quay', user: 'ada' };
const DOCK = { name: ARN, server: 'https://dock.example.com', cluster: 'dock', user: 'ada' };

describe('a saved kubeconfig', () => {
  it('is listed in its order, with what may be used of it, and given back as it was', async () => {
    expect(await listed()).toEqual([]);
    expect(await source()).toEqual({ text: '', allowed: [] });
    await expect(replace({ rawKubeConfig: kubeconfig(), allowed: ['ghost', ARN, ARN] })).resolves.toEqual({
      names: [ARN],
    });
    expect(await listed()).toEqual([
      { ...HARBOUR, allowed: false },
      { ...DOCK, allowed: true },
    ]);
    expect(await source()).toEqual({ text: kubeconfig(), allowed: [ARN] });
    expect((await harness.outbox(clusterContextsReplaced)).at(-1)).toEqual({ userId: actor.userId, names: [ARN] });
  });

  it('stays when only the choice changes, and the choice stays, as far as it exists, when only the text changes', async () => {
    await replace({ rawKubeConfig: kubeconfig(), allowed: [ARN, 'harbour'] });
    await replace({ rawKubeConfig: '', allowed: null });
    expect((await listed()).map(({ allowed }) => allowed)).toEqual([true, true]);
    const renamed = kubeconfig().replaceAll('harbour', 'haven');
    await expect(replace({ rawKubeConfig: renamed })).resolves.toEqual({ names: [ARN] });
    expect((await listed()).map(({ name, allowed }) => [name, allowed])).toEqual([
      ['haven', false],
      [ARN, true],
    ]);
    await replace({ allowed: [] });
    expect((await source()).allowed).toEqual([]);
  });

  it('takes a choice that was made before it', async () => {
    await expect(replace({ allowed: ['harbour', 'ghost', 'harbour'] })).resolves.toEqual({
      names: ['harbour', 'ghost'],
    });
    expect(await listed()).toEqual([]);
    await expect(replace({ rawKubeConfig: kubeconfig() })).resolves.toEqual({ names: ['harbour'] });
  });

  it('is refused as a whole, naming entry and rule, when it breaks one; nothing changes', async () => {
    await replace({ rawKubeConfig: kubeconfig(), allowed: ['harbour'] });
    await expect(replace({ rawKubeConfig: kubeconfig({}, 'eve'), allowed: [] })).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'kubeconfig', text: expect.stringMatching(/"harbour".*"eve"/) as string },
    });
    expect(await source()).toEqual({ text: kubeconfig(), allowed: ['harbour'] });
  });

  it('is in no row readable, and in no other row of its kind', async () => {
    await replace({ rawKubeConfig: kubeconfig(), allowed: ['harbour'] });
    const rows = harness.dataSource.getRepository(KubeconfigEntity);
    const row = await rows.findOneByOrFail({ userId: actor.userId });
    expect(row.text).toMatch(/^enc:v1:/);
    const other = await givenUser(harness);
    await rows.insert({ ...row, userId: other.user.id });
    await expect(harness.query(getKubeconfig, {}, { actor: other.actor })).rejects.toMatchObject({
      problem: { kind: 'internal' },
    });
  });
});

describe('resolving a context', () => {
  it('gives one connection of the allow-list', async () => {
    await replace({ rawKubeConfig: kubeconfig(), allowed: [ARN] });
    await expect(resolve(ARN)).resolves.toEqual({
      context: ARN,
      server: 'https://dock.example.com',
      namespace: 'billing',
      token: 't0ken',
    });
  });

  it.each([
    ['no kubeconfig is saved', undefined, [], /no kubeconfig is saved/],
    ['it is not in the text', kubeconfig(), ['harbour'], /no context "haven"/, 'haven'],
    ['it is not allowed', kubeconfig(), [ARN], /"harbour" is not allowed/],
    [
      'it would run a program',
      kubeconfig({ exec: { command: 'id' } }),
      ['harbour'],
      /exec.*token or client certificate/,
    ],
    ['it leads over http', kubeconfig().replace('https://quay', 'http://quay'), ['harbour'], /http/],
  ])('is refused when %s', async (_, rawKubeConfig, allowed, text, name = 'harbour') => {
    await replace({ rawKubeConfig, allowed });
    await expect(resolve(name)).rejects.toMatchObject({
      problem: {
        kind: 'invalid',
        noun: 'cluster_context',
        code: 'cluster_context',
        text: expect.stringMatching(text) as string,
      },
    });
  });

  it('goes over http, and past a certificate, where the configuration says so', async () => {
    const lenient = await startIdentity({ KUBECONFIG_ALLOW_HTTP: 'true', KUBECONFIG_ALLOW_INSECURE: 'true' });
    try {
      const { actor: ada } = await givenUser(lenient);
      const insecure = kubeconfig()
        .replace('https://quay.example.com:6443', 'http://quay.example.com')
        .replace('"https://dock.example.com"', '"https://dock.example.com","insecure-skip-tls-verify":true');
      await lenient.execute(
        replaceClusterContexts,
        { rawKubeConfig: insecure, allowed: ['harbour', ARN] },
        { actor: ada },
      );
      await expect(lenient.query(resolveClusterContext, { name: 'harbour' }, { actor: ada })).resolves.toMatchObject({
        server: 'http://quay.example.com',
      });
      await expect(lenient.query(resolveClusterContext, { name: ARN }, { actor: ada })).resolves.toMatchObject({
        skipTlsVerify: true,
      });
    } finally {
      await lenient.close();
    }
  });
});
