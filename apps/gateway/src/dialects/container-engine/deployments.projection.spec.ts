import { AppView, CreateApp, UpdateApp } from '@slipway/contracts';
import { validateInput } from '@slipway/messaging';
import { describe, expect, it } from 'vitest';

import { app, appIn } from '../../fixture/samples.js';
import type { CreateDeployment } from './deployments.dto.js';
import { toCreateApp, toDeployment, toList, toUpdateApp } from './deployments.projection.js';

const full: CreateDeployment = {
  app_name: 'shop',
  image: 'registry.example.org:5000/shop:1',
  port: 8080,
  env_vars: { MODE: 'live', EMPTY: '' },
  replicas: 3,
  resources: { cpu: '1', memory: '1Gi', cpu_request: '200m', memory_limit: '2Gi' },
  health_check: { path: '/health', period_seconds: 5 },
  registry_auth: { username: 'kim', password: 'secret' },
};

describe('toCreateApp', () => {
  it('gives the core what was asked, with the defaults of this dialect', () => {
    expect(toCreateApp(full)).toEqual({
      name: 'shop',
      origin: 'container-engine',
      dedicated: { namespacePrefix: 'ce' },
      containers: [
        {
          name: 'app',
          image: 'registry.example.org:5000/shop:1',
          variables: [
            { name: 'MODE', value: 'live' },
            { name: 'EMPTY', value: '' },
          ],
          ports: [{ protocol: 'tcp', external: 8080, internal: 8080, published: true }],
          resources: { cpuRequest: '200m', memoryRequest: '1Gi', cpuLimit: '1', memoryLimit: '2Gi' },
          healthCheck: {
            path: '/health',
            initialDelaySeconds: 30,
            periodSeconds: 5,
            timeoutSeconds: 5,
            failureThreshold: 3,
          },
        },
      ],
      replicas: 3,
      registryAuth: { username: 'kim', password: 'secret' },
    });
  });

  it.each([full, { app_name: 'shop', image: 'shop', port: 80, env_vars: null, resources: null, replicas: null }])(
    'fits the contract',
    (body) => {
      expect(validateInput(CreateApp, JSON.parse(JSON.stringify(toCreateApp(body)))).issues).toEqual([]);
    },
  );
});

describe('toUpdateApp', () => {
  it('carries only what was sent', () => {
    expect(toUpdateApp('i', {}, undefined)).toEqual({ app: { id: 'i' } });
    expect(toUpdateApp('i', { replicas: 2 }, 4)).toEqual({ app: { id: 'i' }, ifVersion: 4, replicas: 2 });
    expect(toUpdateApp('i', { image: null, env_vars: null }, undefined)).toEqual({ app: { id: 'i' } });
    expect(toUpdateApp('i', { port: 90, env_vars: {} }, undefined).containers).toEqual([
      { mainPort: 90, variables: [] },
    ]);
  });

  it('removes what is null', () => {
    expect(toUpdateApp('i', { health_check: null, registry_auth: null }, undefined)).toEqual({
      app: { id: 'i' },
      registryAuth: null,
      containers: [{ healthCheck: null }],
    });
  });

  it('leaves also a name to the core that is longer than a command may carry', () => {
    expect(toUpdateApp('i', { app_name: 'x'.repeat(300) }, undefined)).toEqual({
      app: { id: 'i' },
      name: 'x'.repeat(253),
    });
  });

  it('leaves name, registry and the other ports to the core, which has what is stored', () => {
    const registry_auth = { username: 'kim', password: 'secret' };
    expect(toUpdateApp('i', { app_name: 'store', registry_auth }, undefined)).toEqual({
      app: { id: 'i' },
      name: 'store',
      registryAuth: registry_auth,
    });
  });

  it('fits the contract', () => {
    expect(validateInput(UpdateApp, JSON.parse(JSON.stringify(toUpdateApp(app.id, full, 1)))).issues).toEqual([]);
  });
});

describe('toList', () => {
  const shown = (status: Partial<AppView['status']>) =>
    toList({ apps: [appIn('deleting', {}, status)], total: 1 }, { page: 1, limit: 10 }).deployments;

  it('says why a deployment is not gone yet, for nothing else tells of it', () => {
    const trouble = { reason: 'SomeFinalizersRemain', message: 'the Pod "shop-1" has the finalizer example.com/hold' };
    expect(shown(trouble)).toMatchObject([{ status: 'deleting', ...trouble }]);
  });

  it('has no reason where there is none', () => {
    expect(Object.keys(shown({ reason: '', message: '' })[0] ?? {})).not.toContain('reason');
  });
});

describe('toDeployment', () => {
  it('shows an application file without containers', () => {
    expect(toDeployment({ ...app, source: 'file', containers: [] })).toMatchObject({
      image: '',
      port: null,
      env_vars: {},
    });
  });

  it('shows the first published tcp port, else the first tcp port', () => {
    const port = (external: number, published: boolean, protocol: 'tcp' | 'udp' = 'tcp') => ({
      protocol,
      external,
      internal: external,
      published,
    });
    const withPorts = (...ports: ReturnType<typeof port>[]): AppView => ({
      ...app,
      containers: app.containers.map((container) => ({ ...container, ports })),
    });
    expect(toDeployment(withPorts(port(53, true, 'udp'), port(80, false), port(443, true))).port).toBe(443);
    expect(toDeployment(withPorts(port(80, false), port(81, false))).port).toBe(80);
    expect(toDeployment(withPorts(port(53, true, 'udp'))).port).toBeNull();
    // Others may lead one port to another; clients ask the one that is led.
    expect(toDeployment(withPorts({ ...port(80, true), internal: 8080 })).port).toBe(80);
  });

  it('tells why it failed', () => {
    expect(toDeployment(appIn('failed', {}, { reason: 'ImagePullBackOff', message: 'no such image' }))).toMatchObject({
      status: 'failed',
      error_message: 'ImagePullBackOff: no such image',
      reason: 'ImagePullBackOff',
    });
  });
});
