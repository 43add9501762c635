import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import type { JsonObject } from './objects.js';
import { type ApiClient, apiClient } from './spec-support/api-client.js';
import { eventually } from './spec-support/eventually.js';
import { deploymentBody } from './spec-support/simulation.js';

const run = promisify(execFile);
const timings = { pullMs: 50, startMs: 20, readyMs: 20, terminationMs: 50, logIntervalMs: 100 };
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Decided while the tests are collected: where there is no kubectl, the requests that it makes are sent instead. */
const kubectlFound = ((): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let cluster: EmbeddedCluster;
let api: ApiClient;
let folder: string;
beforeAll(async () => {
  cluster = await startEmbeddedCluster({ timings });
  api = apiClient(cluster);
  folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  await writeFile(join(folder, 'kubeconfig.yaml'), cluster.kubeconfig, { mode: 0o600 });
  await api.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
});
afterAll(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const pods = '/api/v1/namespaces/shop/pods';

async function deploy(replicas: number): Promise<void> {
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', ...deploymentBody('web', 'nginx:1', { replicas }) };
  await api.apply(`${deployments}/web`, body, 'fieldManager=slipway&force=true');
  await untilReady(replicas);
}

async function untilReady(replicas: number): Promise<void> {
  await eventually(async () => {
    const { body } = await api.ask('GET', `${deployments}/web`);
    expect(body.status).toMatchObject({ replicas, availableReplicas: replicas });
  });
}

if (kubectlFound) {
  const settings = (): string[] => [
    `--kubeconfig=${join(folder, 'kubeconfig.yaml')}`,
    `--cache-dir=${join(folder, 'cache')}`,
    '--namespace=shop',
  ];
  const kubectl = async (...args: string[]): Promise<string> =>
    (await run('kubectl', [...settings(), ...args], { timeout: 15_000 })).stdout;

  describe('kubectl', () => {
    it('gets a table, a wide table and YAML', async () => {
      await deploy(2);
      expect(await kubectl('get', 'deployments')).toMatch(
        /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/,
      );
      const wide = await kubectl('get', 'pods', '-o', 'wide');
      expect(wide.split('\n')[0]).toMatch(
        /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/,
      );
      expect(wide).toMatch(/\nweb-\w+-\w{5} +1\/1 +Running +0 +\d+s +10\.244\.\d+\.\d+ +embedded /);
      expect(await kubectl('get', 'deployment', 'web', '-o', 'yaml')).toContain('  replicas: 2\n');
      expect(await kubectl('get', 'all', '-l', 'app=web', '-o', 'name')).toMatch(
        /^pod\/web.*\ndeployment\.apps\/web\nreplicaset\.apps\/web-/s,
      );
      expect(await kubectl('get', 'nodes')).toMatch(/embedded +Ready/);
    });

    it('scales, waits for the roll-out and describes', async () => {
      await deploy(1);
      expect(await kubectl('scale', 'deployment', 'web', '--replicas=3')).toBe('deployment.apps/web scaled\n');
      expect(await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=10s')).toContain(
        'successfully rolled out',
      );
      await untilReady(3);
      expect(await kubectl('describe', 'deployment', 'web')).toMatch(/Scaled up replica set web-\w+ from 1 to 3/);
      await kubectl('set', 'image', 'deployment/web', 'web=nginx:2');
      await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=10s');
      expect(
        await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'),
      ).toBe('nginx:2');
    });

    it('applies on the server, and shows a conflict', async () => {
      await deploy(1);
      const manifest: JsonObject = { apiVersion: 'apps/v1', kind: 'Deployment', ...deploymentBody('web', 'nginx:9') };
      const file = join(folder, 'web.json');
      await writeFile(file, JSON.stringify(manifest));
      const apply = ['apply', '--server-side', '--validate=false', '-f', file];
      await expect(kubectl(...apply)).rejects.toThrow(
        'conflict with "slipway": .spec.template.spec.containers[name="web"].image',
      );
      expect(await kubectl(...apply, '--force-conflicts')).toBe('deployment.apps/web serverside-applied\n');
    });

    it('follows the logs until the pod is gone', async () => {
      await deploy(1);
      const child = spawn('kubectl', [...settings(), 'logs', '-f', 'deployment/web']);
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await eventually(() => expect(text).toContain('web: line 2\n'));
      await api.ask('DELETE', `${deployments}/web`);
      expect(await ended).toBe(0);
      expect(text).toMatch(/^web: started from image nginx:\d\nweb: line 1\nweb: line 2\n/);
      expect(text.trimEnd().endsWith('web: stopping')).toBe(true);
    });

    it('deletes a deployment and a namespace, and waits until they are gone', async () => {
      await deploy(2);
      expect(await kubectl('delete', 'deployment', 'web')).toContain('deployment.apps "web" deleted');
      await kubectl('wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=10s');
      expect((await api.ask('GET', pods)).body.items).toEqual([]);
      await deploy(1);
      await kubectl('delete', 'namespace', 'shop', '--timeout=10s');
      expect((await api.ask('GET', '/api/v1/namespaces/shop')).status).toBe(404);
    });
  });
} else {
  describe('what kubectl asks', () => {
    it('gets tables', async () => {
      await deploy(2);
      const { body } = await api.ask('GET', `${deployments}?limit=500`, { accept: table });
      const rows = (body as unknown as { rows: { cells: unknown[] }[] }).rows;
      expect(rows.map(({ cells }) => cells.slice(0, 4))).toEqual([['web', '2/2', 2, 2]]);
    });

    it('scales by a merge patch of the scale', async () => {
      await deploy(1);
      const answer = await api.ask('PATCH', `${deployments}/web/scale`, { body: { spec: { replicas: 3 } } });
      expect(answer.status).toBe(200);
      await untilReady(3);
    });

    it('follows the logs until the pod is gone', async () => {
      await deploy(1);
      const { body } = await api.ask('GET', `${pods}?labelSelector=app%3Dweb`);
      const log = await api.stream(`${pods}/${body.items[0]?.metadata.name}/log?follow=true&container=web`);
      await eventually(() => expect(log.lines).toContain('web: line 2'));
      await api.ask('DELETE', `${deployments}/web`, { body: { propagationPolicy: 'Background' } });
      await log.ended;
      expect(log.lines.at(-1)).toBe('web: stopping');
    });

    it('deletes a namespace and waits until it is gone', async () => {
      await deploy(1);
      await api.ask('DELETE', '/api/v1/namespaces/shop', { body: { propagationPolicy: 'Background' } });
      await eventually(async () => expect((await api.ask('GET', '/api/v1/namespaces/shop')).status).toBe(404));
    });
  });
}
