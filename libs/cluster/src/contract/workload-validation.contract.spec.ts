import { expect } from 'vitest';

import type { CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

const labels = { app: 'web' };
const container = { name: 'web', image: 'web:1' };

const deployment = (spec: object = {}, pod: object = {}): object => ({
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container], ...pod } },
    ...spec,
  },
});

const create = (api: CaseClient, spec: object, pod: object = {}): Promise<unknown> =>
  api.post('apps/v1/deployments?dryRun=All', deployment(spec, pod));

contract(import.meta.url, (it) => {
  it('fills in the defaults of a deployment', async (api) => {
    const probe = { httpGet: { port: 80 } };
    const main = {
      ...container,
      ports: [{ containerPort: 80 }],
      env: [
        { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        { name: 'B', value: '' },
      ],
      readinessProbe: probe,
      livenessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 5 },
      resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { cpu: 1, memory: '1.5Gi' } },
    };
    await create(
      api,
      {},
      {
        containers: [main],
        initContainers: [{ ...container, name: 'first' }],
        volumes: [{ name: 's', secret: { secretName: 's' } }],
      },
    );
    await create(api, { strategy: { type: 'Recreate' }, replicas: 0, minReadySeconds: 5, paused: false });
    await create(api, { strategy: { rollingUpdate: { maxSurge: 1 } } });
  });

  it('refuses counts below zero, and a strategy that cannot move', async (api) => {
    await create(api, { replicas: -1 });
    await create(api, { minReadySeconds: -1 });
    await create(api, { progressDeadlineSeconds: 5, minReadySeconds: 5 });
    await create(api, { revisionHistoryLimit: -1 });
    await create(api, { strategy: { type: 'Other' } });
    await create(api, { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } });
  });

  it('refuses a selector that selects nothing or something else', async (api) => {
    await create(api, { selector: {} });
    await create(api, { selector: { matchLabels: { app: 'api' } } });
    await create(api, { selector: undefined });
  });

  it('refuses malformed containers', async (api) => {
    await create(api, {}, { containers: [{ ...container, name: 'Web' }] });
    await create(api, {}, { containers: [{ ...container, name: 'a'.repeat(64) }] });
    await create(api, {}, { containers: [{ name: 'web' }] });
    await create(api, {}, { containers: [container, container] });
    await create(api, {}, { containers: [{ ...container, image: ' web:1' }] });
    await create(api, {}, { containers: [{ ...container, imagePullPolicy: 'Sometimes' }] });
  });

  it('refuses malformed ports, variables and resources', async (api) => {
    await create(api, {}, { containers: [{ ...container, ports: [{ containerPort: 0 }] }] });
    await create(api, {}, { containers: [{ ...container, ports: [{ containerPort: 65536 }] }] });
    await create(api, {}, { containers: [{ ...container, env: [{ value: 'x' }] }] });
    await create(api, {}, { containers: [{ ...container, env: [{ name: 'A=B', value: 'x' }] }] });
    await create(
      api,
      {},
      { containers: [{ ...container, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
    );
    await create(api, {}, { containers: [{ ...container, resources: { limits: { cpu: '-1' } } }] });
    await create(api, {}, { containers: [{ ...container, resources: { limits: { cpu: 'much' } } }] });
  });

  it('refuses a restart policy that a deployment cannot have', async (api) => {
    await create(api, {}, { restartPolicy: 'Never' });
  });

  it('refuses to change a selector', async (api) => {
    await api.unrecorded.post('apps/v1/deployments', deployment({ paused: true, replicas: 0 }));
    const other = { app: 'api' };
    const template = { metadata: { labels: other }, spec: { containers: [container] } };
    await api.mergePatch('apps/v1/deployments/web?dryRun=All', {
      spec: { selector: { matchLabels: other }, template },
    });
  });

  it('ties a job to its pods, and refuses to change its template', async (api) => {
    const job = (spec: object, pod: object = {}): object => ({
      metadata: { name: 'task' },
      spec: { suspend: true, ...spec, template: { spec: { restartPolicy: 'Never', containers: [container], ...pod } } },
    });
    await api.post('batch/v1/jobs?dryRun=All', job({}));
    await api.post('batch/v1/jobs?dryRun=All', job({}, { restartPolicy: 'Always' }));
    await api.post('batch/v1/jobs?dryRun=All', job({ parallelism: -1, completions: -1, backoffLimit: -1 }));
    await api.unrecorded.post('batch/v1/jobs', job({}));
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };
    const refused = await api.strategicPatch('batch/v1/jobs/task', patch);
    expect(refused.status).toBe(422);
  });
});
