import type { KubeObject } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import type { Container } from '../app/container.js';
import { appObjects, type AppRecord, environmentObjects, type Rendering } from './desired-objects.js';

const rendering: Rendering = {
  podSecurity: 'baseline',
  maxReplicas: 100,
  environmentMaxPods: 500,
  ingressClass: null,
  ingressNamespace: null,
  certIssuer: null,
  access: null,
};

const http = { protocol: 'tcp', external: 80, internal: 8080, published: true } as const;

function container(given: Partial<Container> = {}): Container {
  return {
    id: '5d6f1c1e-0a54-4d5c-8a9e-3f1f2f0b9c11',
    parentId: null,
    changes: 0,
    createdAt: '2026-03-01T10:00:00.000Z',
    name: 'app',
    image: 'registry.example.org/shop:1',
    entrypoint: null,
    args: null,
    variables: [],
    ports: [{ ...http, external: 8080 }],
    resources: {},
    healthCheck: null,
    ...given,
  };
}

function record(given: Partial<AppRecord> = {}): AppRecord {
  return {
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    name: 'shop',
    environment: {
      id: '0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b',
      name: 'ce-shop-7c9e6679',
      namespace: 'ce-shop-7c9e6679',
      kind: 'dedicated',
    },
    revision: 1,
    containers: [container()],
    replicas: 2,
    host: 'shop.apps.example.com',
    domains: [],
    registryAuth: null,
    restartedAt: null,
    ...given,
  };
}

const health = { path: '/healthz', initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
const shared = { id: record().environment.id, name: 'team', namespace: 'team', kind: 'owned' } as const;
const sidecar = container({
  id: 'f2b0a9d4-6a43-4b9a-9d55-0f7a6c1c2d3e',
  name: 'app-2',
  image: `sidecar@sha256:${'0'.repeat(64)}`,
  entrypoint: ['/bin/agent'],
  args: ['--verbose', ''],
  variables: [{ name: 'LEVEL', value: 'debug' }],
  ports: [
    { protocol: 'udp', external: 53, internal: 5353, published: false },
    { protocol: 'tcp', external: 9090, internal: 9090, published: false },
  ],
});

describe('the objects of an App', () => {
  it.each<[string, Partial<AppRecord>, Partial<Rendering>]>([
    ['plain', {}, {}],
    [
      'everything',
      {
        revision: 4,
        containers: [
          container({
            variables: [
              { name: 'GREETING', value: 'hello wörld' },
              { name: 'EMPTY', value: '' },
            ],
            resources: { cpuRequest: '2', memoryLimit: '64Mi' },
            healthCheck: health,
          }),
        ],
        registryAuth: { username: 'kim', password: 'secret', server: 'registry.example.org' },
      },
      { podSecurity: 'restricted', ingressClass: 'nginx', ingressNamespace: 'ingress-nginx' },
    ],
    ['two-containers-in-a-shared-environment', { containers: [container(), sidecar], environment: shared }, {}],
    ['name-with-a-digit', { name: '2048', host: '2048.apps.example.com' }, {}],
    ['name-with-a-digit-in-a-shared-environment', { name: '2048', environment: shared }, {}],
    ['stopped', { replicas: 0 }, {}],
    ['restarted', { restartedAt: new Date('2026-03-01T10:00:07.500Z') }, {}],
    ['not-published', { containers: [container({ ports: [{ ...http, published: false }] })], host: null }, {}],
    ['without-ports', { containers: [container({ ports: [], healthCheck: health })], host: null }, {}],
    [
      'with-rights-of-its-own',
      {},
      {
        access: {
          role: 'slipway-environment',
          subject: { kind: 'ServiceAccount', namespace: 'slipway-system', name: 'slipway' },
        },
      },
    ],
    ['docker-hub-credential', { registryAuth: { username: 'kim', password: 'secret', server: 'docker.io' } }, {}],
  ])('are those of testdata/%s.yaml', async (name, given, how) => {
    const app = record(given);
    const objects = [
      ...environmentObjects(app, { ...rendering, ...how }),
      ...appObjects(app, { ...rendering, ...how }),
    ];
    const text = objects
      .map((object) => stringify(object, { aliasDuplicateObjects: false, singleQuote: true, lineWidth: 0 }))
      .join('---\n');
    await expect(text).toMatchFileSnapshot(`testdata/${name}.yaml`);
  });

  it('are the same for the same record, and told apart by their hash when anything differs', () => {
    const hashes = (app: AppRecord): (string | undefined)[] =>
      appObjects(app, rendering).map(({ metadata }) => metadata.annotations?.['slipway.dev/applied']);
    expect(hashes(record())).toEqual(hashes(record()));
    expect(hashes(record({ host: 'other.example.com' }))).not.toEqual(hashes(record()));
  });

  it('lead to pods of both Revisions while another port number rolls out', () => {
    const moved = record({ containers: [container({ ports: [{ ...http, internal: 9090, external: 9090 }] })] });
    const ways = (app: AppRecord): KubeObject[] =>
      [...environmentObjects(app, rendering), ...appObjects(app, rendering)].filter(({ kind }) =>
        ['NetworkPolicy', 'Ingress'].includes(kind),
      );
    expect(ways(moved)).toHaveLength(2);
    expect(ways(moved)).toEqual(ways(record()));
  });

  it('hold no value of a variable and no password outside of Secrets', () => {
    const app = record({
      containers: [container({ variables: [{ name: 'TOKEN', value: 'planted-value' }] })],
      registryAuth: { username: 'kim', password: 'planted-password', server: 'r.example.org' },
    });
    const [secrets, others] = [true, false].map((is) =>
      JSON.stringify(appObjects(app, rendering).filter(({ kind }) => (kind === 'Secret') === is)),
    );
    expect(others).not.toContain(Buffer.from('planted-value').toString('base64'));
    expect(others).not.toContain('planted');
    expect(secrets).toContain(Buffer.from('planted-value').toString('base64'));
  });
});
