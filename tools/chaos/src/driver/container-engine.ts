import type { AppRef, Dialect } from './dialect.js';

// Answers at commit: what the cluster makes of it is looked at when everything is quiet.
const AT_ONCE = { prefer: 'wait=0' };
const pathOf = ({ id }: AppRef): string => `/v1/deployments/${id}`;

export const containerEngine: Dialect = {
  name: 'container-engine',
  createApp: (name, image) => ({
    method: 'POST',
    path: '/v1/deployments',
    body: { app_name: name, image, port: 8080 },
  }),
  setVariable: (app, name, value) => ({
    method: 'PATCH',
    path: `${pathOf(app)}/env`,
    body: { env_vars: { [name]: value } },
  }),
  setImage: (app, image) => ({ method: 'PUT', path: pathOf(app), body: { image } }),
  scale: (app, replicas) => ({ method: 'PATCH', path: `${pathOf(app)}/scale`, body: { replicas }, headers: AT_ONCE }),
  restart: (app) => ({ method: 'POST', path: `${pathOf(app)}/restart` }),
  deleteApp: (app) => ({ method: 'DELETE', path: pathOf(app), headers: AT_ONCE }),
  createKey: (name) => ({ method: 'POST', path: '/v1/api-keys', body: { name } }),
  revokeKey: (id) => ({ method: 'DELETE', path: `/v1/api-keys/${id}` }),
  logIn: (email, password) => ({ method: 'POST', path: '/v1/auth/login', body: { email, password } }),
  refresh: (token) => ({
    method: 'POST',
    path: '/v1/auth/refresh',
    body: { refresh_token: token, rotate: true },
  }),
  refreshTokenOf: (body) => {
    const { refresh_token: token } = (body ?? {}) as { refresh_token?: unknown };
    return typeof token === 'string' ? token : undefined;
  },
  getApp: (app) => ({ method: 'GET', path: pathOf(app) }),
  listApps: () => ({ method: 'GET', path: '/v1/deployments?limit=100' }),
  appsOf: (body) => {
    const { deployments = [] } = body as { deployments?: { id: string; app_name: string }[] };
    return deployments.map(({ id, app_name: name }) => ({ id, name }));
  },
  followFeed: () => ({ method: 'GET', path: '/v1/events', headers: { accept: 'text/event-stream' } }),
  followLog: (app) => ({
    method: 'GET',
    path: `${pathOf(app)}/logs?follow=true&tail=10000`,
    headers: { accept: 'text/event-stream' },
  }),
  subscribe: (name, url) => ({ method: 'POST', path: '/v1/webhooks', body: { name, url, events: ['all'] } }),
  wrongError: (status, headers, text) => {
    // What Slipway cannot do now it says so: none of the faults is one of which nobody may know.
    if (status === 500) return `500: ${text.slice(0, 200)}`;
    if (status === 503 && !headers.has('retry-after')) return '503 without Retry-After';
    const { code, message } = errorOf(text) ?? {};
    return typeof code === 'string' && typeof message === 'string'
      ? undefined
      : `not the dialect's error: ${text.slice(0, 200)}`;
  },
  idOf: (body) => {
    const { id } = (body ?? {}) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  },
  versionOf: (headers) => {
    const [, version] = /^"(\d+)"$/.exec(headers.get('etag') ?? '') ?? [];
    return version === undefined ? undefined : Number(version);
  },
};

function errorOf(text: string): { code?: unknown; message?: unknown } | undefined {
  try {
    return (JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }).error;
  } catch {
    return undefined;
  }
}
