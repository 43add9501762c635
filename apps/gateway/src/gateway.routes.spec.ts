// Walks everything that is routed. You are here because a route declares no access, or because the document or the README does not
// tell of a route: declare it on the method.
import type { Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiDocumentOf } from './core/api-documents.js';
import { declaredRoutes, declaredRoutesOf } from './core/declared-routes.js';
import { ContainerEngineModule } from './dialects/container-engine/container-engine.module.js';
import { ReplayedCore } from './fixture/replayed-core.js';
import { startGatewayOver, type TestGateway } from './fixture/test-gateway.js';

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: object }>> };
  readonly security?: unknown[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

describe('every route', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await startGatewayOver(new ReplayedCore())));
  afterAll(() => gateway.close());

  function routes() {
    const controllers = [...gateway.app.get(ModulesContainer).values()].flatMap((module) => [
      ...module.controllers.values(),
    ]);
    return declaredRoutes(controllers.map(({ metatype }) => metatype as Type));
  }

  it('declares its access', () => {
    expect(routes().length).toBeGreaterThan(25);
    expect(routes().filter(({ access }) => access === undefined)).toEqual([]);
  });

  it('needs a credential unless it is one of these', () => {
    const open = routes().filter(({ access }) => access === 'public');
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /health',
      'GET /livez',
      'GET /metrics',
      'GET /readyz',
      'GET /v1/ws/health',
      'POST /api/login',
      'POST /api/logout',
      'POST /api/users',
      'POST /v1/auth/forgot-password',
      'POST /v1/auth/login',
      'POST /v1/auth/refresh',
      'POST /v1/auth/register',
      'POST /v1/auth/reset-password',
    ]);
  });

  it('is one of those from which the endpoint table of its dialect is made', () => {
    const own = routes().filter(({ path }) => /^\/(v1|health)/.test(path));
    expect(declaredRoutesOf(ContainerEngineModule)).toEqual(own);
  });

  it('is in the OpenAPI document, with body, answer and credential', async () => {
    const answer = await fetch(`${gateway.url}/docs/openapi.json`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const document = (await answer.json()) as {
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: object };
    };
    expect(document.openapi).toBe('3.1.0');
    expect(document).toEqual(JSON.parse(JSON.stringify(apiDocumentOf(gateway.app, 'http://localhost:0'))));
    for (const { path, method, access } of routes().filter((route) => /^\/(v1|health)/.test(route.path))) {
      const operation = document.paths[path]?.[method.toLowerCase()];
      expect(operation, `${method} ${path}`).toBeDefined();
      expect(operation?.security !== undefined, `${method} ${path}`).toBe(access !== 'public');
    }
    const schemes = Object.keys(document.components.securitySchemes);
    const used = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ security = [] }) => security.flatMap((one) => Object.keys(one as object))),
    );
    expect([...new Set(used)].sort()).toEqual(schemes.sort());
    const create = document.paths['/v1/deployments']?.post;
    expect(create?.requestBody?.content['application/json']?.schema).toMatchObject({
      required: ['app_name', 'image', 'port'],
      properties: { port: { type: 'integer', minimum: 1, maximum: 65535 } },
    });
    const headersOf = (path: string, method: string): string[] =>
      (document.paths[path]?.[method]?.parameters ?? []).filter((one) => one.in === 'header').map(({ name }) => name);
    expect(headersOf('/v1/deployments', 'post')).toEqual(['Idempotency-Key']);
    expect(headersOf('/v1/deployments/{deploymentId}', 'put')).toEqual(['Idempotency-Key', 'If-Match']);
    expect(headersOf('/v1/deployments/{deploymentId}/scale', 'patch')).toEqual([
      'Idempotency-Key',
      'If-Match',
      'Prefer',
    ]);
    expect(create?.responses['201']).toMatchObject({
      content: {
        'application/json': { schema: { properties: { status: { enum: expect.arrayContaining(['pending']) } } } },
      },
    });
  });

  it('can be read in a browser', async () => {
    const answer = await fetch(`${gateway.url}/docs`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('swagger-ui');
    expect((await fetch(`${gateway.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/docs`, { method: 'DELETE' })).status).toBe(405);
  });
});
