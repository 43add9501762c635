// Replays the golden exchanges over a core that answers with samples of the contracts, and compares byte by byte.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import {
  awaitApp,
  changePassword,
  checkCredential,
  countApps,
  countReaders,
  createApp,
  createCredential,
  createSubscription,
  deleteApp,
  addDomain,
  deleteSubscription,
  getDomain,
  type DomainView,
  type Issue,
  listDomains,
  removeDomain,
  verifyDomain,
  getApp,
  getMetrics,
  getDelivery,
  getNodeAddress,
  getRevision,
  getSubscription,
  getUser,
  listApps,
  listCredentials,
  listDeliveries,
  listLines,
  listPods,
  listRevisions,
  listSigningKeys,
  listSubscriptions,
  openCredential,
  queueReset,
  problem,
  refreshSession,
  replayDelivery,
  registerUser,
  resetPassword,
  restartApp,
  revokeCredential,
  rollBackApp,
  rotateSecret,
  scaleApp,
  setVariables,
  startApp,
  stopApp,
  testFeed,
  testSubscription,
  updateApp,
  updateSubscription,
  updateUser,
  type AppView,
  type AwaitedApp,
  type NodeAddress,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { declaredRoutesOf } from '../../core/declared-routes.js';
import { accessToken as signedToken, checkedSession, SESSION_ID, signingKeys } from '../../fixture/access-tokens.js';
import { ReplayedCore } from '../../fixture/replayed-core.js';
import {
  API_KEY,
  app,
  APP_ID,
  appIn,
  checked,
  createdKey,
  delivery,
  deliveryDetail,
  domain,
  key,
  logLine,
  metrics,
  opened,
  OTHER_ID,
  pods,
  READ_KEY,
  revisions,
  subscription,
  user,
  USER_ID,
} from '../../fixture/samples.js';
import { startGatewayOver, type TestGateway } from '../../fixture/test-gateway.js';
import { ContainerEngineModule } from './container-engine.module.js';

interface Exchange {
  readonly name: string;
  readonly request: string;
  /** Headers beside a valid credential; null takes one away. `<session>` is an access token. */
  readonly send?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly text?: string;
  /** So many bytes of body. */
  readonly fill?: number;
  /** A body that is no text. */
  readonly hex?: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly response: unknown;
}

const NIL = '00000000-0000-0000-0000-000000000000';
const accessToken = {
  value: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  expiresAt: '2026-03-01T11:00:00.000Z',
};
const taken = (noun: 'app' | 'subscription', name: string) => problem.alreadyExists(noun, 'taken', { facts: { name } });
const updated = (change: Partial<AppView>): AppView => ({
  ...app,
  version: 2,
  revision: { ...app.revision, number: 2 },
  ...change,
});
const rolledBack = (change: Partial<AppView>): AppView => ({
  ...app,
  version: 3,
  revision: { ...app.revision, number: 3, cause: 'rollback' },
  ...change,
});
const withVariables = (of: AppView): AppView => ({
  ...of,
  containers: of.containers.map((container) => ({ ...container, variables: [{ name: 'LEVEL', value: 'debug' }] })),
});
const inaccessible = problem.invalid(
  'app',
  'The registry does not have the image registry.example.org/shop:3, or does not give it out. Check its name and the registry credentials.',
  { issues: [{ path: 'containers.0.image', rule: 'accessible', kind: 'value' }] },
);
const badDomain = (rule: Issue['rule']) =>
  problem.invalid('domain', 'no domain', { issues: [{ path: 'host', rule, kind: 'value' }] });
const digest = (value: string): string => createHash('sha256').update(value).digest('hex');

/** What the services say when nothing else is said: they are there and all is well. */
function wellCore(core: ReplayedCore): void {
  core.replayed = false;
  core
    .answers(listSigningKeys, signingKeys)
    .answers(checkCredential, (input) => {
      if (input.sessionId === SESSION_ID) return checkedSession();
      if (input.digest === digest(API_KEY)) return checked('full');
      if (input.digest === digest(READ_KEY)) return checked('read');
      throw new Refusal(problem.unauthenticated('credential', 'unknown'));
    })
    .answers(registerUser, () => opened)
    .answers(openCredential, () => opened)
    .answers(refreshSession, () => ({ accessToken }))
    .answers(revokeCredential, ({ id }) => {
      if (id === NIL) throw new Refusal(problem.notFound('credential', 'none'));
    })
    .answers(changePassword, () => ({ userId: USER_ID, credentialIds: [NIL] }))
    .answers(queueReset, () => undefined)
    .answers(resetPassword, ({ digest: presented }) => {
      const state = ['expired', 'used'].find((word) => digest(word) === presented);
      if (presented === digest('A'.repeat(43))) return { userId: USER_ID, credentialIds: [NIL] };
      throw new Refusal(
        problem.invalid('user', 'no good', { code: 'reset_token', facts: { state: state ?? 'unknown' } }),
      );
    })
    .answers(createCredential, () => createdKey)
    .answers(listCredentials, () => ({ credentials: [key], total: 101 }))
    .answers(getUser, () => user)
    .answers(updateUser, () => user)
    .answers(countApps, () => ({ count: 3 }))
    .answers(createApp, () => ({ ...app, url: null }))
    .answers(getApp, ({ app: { id } }) => {
      if (id !== APP_ID) throw new Refusal(problem.notFound('app', 'none', { code: 'hidden' }));
      return app;
    })
    .answers(listPods, ({ app: { id } }) => {
      if (id !== APP_ID) throw new Refusal(problem.notFound('app', 'none'));
      return pods;
    })
    .answers(getMetrics, ({ app: { id }, from }) => {
      if (id !== APP_ID) throw new Refusal(problem.notFound('app', 'none'));
      return { sample: metrics.sample, history: from ? metrics.history : null };
    })
    .answers(getNodeAddress, ({ app: { id } }): NodeAddress => {
      if (id !== APP_ID) throw new Refusal(problem.notFound('app', 'none'));
      return { address: '203.0.113.10', source: 'configuration' };
    })
    .answers(listLines, ({ pod }) => {
      if (pod === 'shop-2') throw new Refusal(problem.notFound('pod', 'none of this app'));
      return { lines: [logLine] };
    })
    .answers(listApps, ({ page }) => (page === 1 ? { apps: [app], total: 1 } : { apps: [], total: 0 }))
    .answers(updateApp, () => ({ app: updated({}), changed: true }))
    .answers(scaleApp, ({ app: { id }, replicas }) => {
      if (id !== APP_ID) throw new Refusal(problem.notFound('app', 'none'));
      return { app: updated({ replicas: replicas || 2 }), old: 2, new: replicas };
    })
    .answers(stopApp, () => appIn('stopping', { stopped: true }))
    .answers(startApp, () => appIn('deploying', { replicas: 5 }))
    .answers(restartApp, () => ({ ...appIn('updating'), version: 2 }))
    .answers(setVariables, () => ({ app: withVariables(updated({})), changed: true }))
    .answers(listRevisions, () => ({ revisions: [...revisions], total: 2 }))
    .answers(getRevision, ({ number }) => {
      const revision = revisions.find((entry) => entry.revision.number === number);
      if (!revision) throw new Refusal(problem.notFound('revision', 'none'));
      return { ...revision, containers: withVariables(app).containers };
    })
    .answers(rollBackApp, () => ({ app: rolledBack({}), changed: true, rolledBackTo: 1 }))
    .answers(addDomain, () => ({ domain, version: 2 }))
    .answers(listDomains, () => ({ domains: [domain] }))
    .answers(getDomain, ({ domain: id }): DomainView => {
      if (id === NIL) throw new Refusal(problem.notFound('domain', 'none'));
      return { ...domain, state: 'failed', reason: 'There is no TXT record.' };
    })
    .answers(verifyDomain, (): DomainView => ({ ...domain, state: 'verified', verifiedAt: domain.createdAt }))
    .answers(removeDomain, () => ({ domain, version: 3 }))
    .answers(deleteApp, () => appIn('deleting'))
    .answers(awaitApp, ({ until, namespace }): AwaitedApp => {
      if (until === 'gone') return { app: null, reached: true, namespaceGone: namespace === app.environment.namespace };
      return { app: appIn(until === 'stopped' ? 'stopped' : 'running', { replicas: 5 }), reached: true };
    })
    .answers(createSubscription, () => ({ subscription, secret: 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw' }))
    .answers(listSubscriptions, () => ({ subscriptions: [subscription] }))
    .answers(getSubscription, () => subscription)
    .answers(updateSubscription, () => subscription)
    .answers(deleteSubscription, () => undefined)
    .answers(listDeliveries, () => ({ deliveries: [delivery], total: 1 }))
    .answers(testFeed, () => undefined)
    .answers(countReaders, () => ({ users: 2, connections: 3 }))
    .answers(getDelivery, ({ id }) => {
      if (id !== OTHER_ID) throw new Refusal(problem.notFound('delivery', 'none'));
      return deliveryDetail;
    })
    .answers(replayDelivery, () => ({ ...delivery, id: USER_ID, status: 'pending' as const }))
    .answers(rotateSecret, () => ({
      secret: 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw',
      previousExpiresAt: '2026-03-02T10:00:00.000Z',
    }))
    .answers(testSubscription, () => ({ success: true, statusCode: 204, error: null, responseTimeMs: 12 }));
}

/** Where the services say something else, by the name of the exchange. */
const special: Readonly<Record<string, (core: ReplayedCore) => void>> = {
  'test one that answers an error': (core) =>
    core.answers(testSubscription, () => ({ success: false, statusCode: 500, error: null, responseTimeMs: 12 })),
  'test one that cannot be reached': (core) =>
    core.answers(testSubscription, () => ({
      success: false,
      statusCode: null,
      error: 'The connection was refused.',
      responseTimeMs: 3,
    })),
  'test one that is switched off': (core) => core.refuses(testSubscription, problem.notFound('subscription', 'off')),
  'replay to one that is switched off': (core) =>
    core.refuses(
      replayDelivery,
      problem.conflict('subscription', 'The webhook is switched off, so nothing is sent to it. Switch it on first.'),
    ),
  'register a taken address': (core) =>
    core.refuses(registerUser, problem.alreadyExists('user', 'taken', { facts: { fields: ['email', 'username'] } })),
  'register while closed': (core) =>
    core.refuses(registerUser, problem.forbidden('user', 'closed', { code: 'registration_closed' })),
  'login of an unknown user': (core) =>
    core.refuses(openCredential, problem.invalid('credential', 'unknown', { code: 'unknown_email' })),
  'login with a wrong password': (core) =>
    core.refuses(openCredential, problem.invalid('credential', 'wrong', { code: 'wrong_password' })),
  'login too often': (core) =>
    core.refuses(openCredential, problem.rateLimited('credential', 'slow down', { retryAfterMs: 3_500 })),
  'forgot password while identity is away': (core) =>
    core.refuses(queueReset, problem.unavailable('service', 'Try again in a moment.', { retryAfterMs: 2_000 })),
  'change the password with a wrong one': (core) =>
    core.refuses(changePassword, problem.invalid('user', 'wrong', { code: 'wrong_password' })),
  'change the password too often': (core) =>
    core.refuses(changePassword, problem.rateLimited('user', 'slow down', { retryAfterMs: 3_500 })),
  'refresh with a spent token': (core) => core.refuses(refreshSession, problem.unauthenticated('credential', 'spent')),
  'get the profile while deployments is away': (core) =>
    core.refuses(countApps, problem.unavailable('service', 'away', { code: 'timeout' })),
  'update the profile to a taken address': (core) =>
    core.refuses(updateUser, problem.alreadyExists('user', 'taken', { facts: { fields: ['email'] } })),
  'create one deployment too many': (core) =>
    core.refuses(createApp, problem.quotaExceeded('app', 'You own 3 apps, which is the limit; delete one first')),
  'deployments/create under a taken name': (core) => core.refuses(createApp, taken('app', 'shop')),
  'create with an image that its registry does not have': (core) => core.refuses(createApp, inaccessible),
  'update to an image that its registry does not have': (core) => core.refuses(updateApp, inaccessible),
  'update a stale one': (core) =>
    core.refuses(updateApp, problem.preconditionFailed('app', 'changed', { facts: { version: 1 } })),
  'update nothing': (core) => core.answers(updateApp, () => ({ app, changed: false })),
  'update a stopped one': (core) =>
    core.answers(updateApp, () => ({
      app: updated({ ...appIn('stopped', { stopped: true }), ...{ revision: { ...app.revision, number: 2 } } }),
      changed: true,
    })),
  'update the name': (core) =>
    core.refuses(
      updateApp,
      problem.invalid('app', 'name', { issues: [{ path: 'name', rule: 'unchangeable', kind: 'value' }] }),
    ),
  'update an application file': (core) =>
    core.refuses(updateApp, problem.conflict('app', 'file', { code: 'not_containers' })),
  'restart a stopped one': (core) => core.refuses(restartApp, problem.conflict('app', 'stopped', { code: 'stopped' })),
  'get the variables': (core) => core.answers(getApp, () => withVariables(app)),
  'patch nothing of the variables': (core) =>
    core.answers(setVariables, () => ({ app: withVariables(app), changed: false })),
  'patch the variables of a stopped one': (core) =>
    core.answers(setVariables, () => ({ app: withVariables(updated({ stopped: true })), changed: true })),
  'patch too many variables': (core) =>
    core.refuses(
      setVariables,
      problem.invalid('app', 'too many', {
        issues: [{ path: 'containers.0.variables', rule: 'count', kind: 'value', params: { max: 1000 } }],
      }),
    ),
  'roll back a stopped one': (core) =>
    core.answers(rollBackApp, () => ({ app: rolledBack({ stopped: true }), changed: true, rolledBackTo: 1 })),
  'roll back to what is equal': (core) => core.answers(rollBackApp, () => ({ app, changed: false, rolledBackTo: 1 })),
  'roll back to the current one': (core) =>
    core.refuses(
      rollBackApp,
      problem.conflict('revision', 'current', { code: 'revision_current', facts: { revision: 2 } }),
    ),
  'roll back the first one': (core) =>
    core.refuses(rollBackApp, problem.conflict('revision', 'first', { code: 'revision_current' })),
  'scale not there in time': (core) => core.answers(awaitApp, () => ({ app: appIn('scaling'), reached: false })),
  'scale that fails': (core) =>
    core.answers(awaitApp, () => ({
      app: appIn('failed', {}, { reason: 'Unschedulable', message: '3 of 5 pods find no node' }),
      reached: false,
    })),
  'scale what is deleted meanwhile': (core) => core.refuses(awaitApp, problem.notFound('app', 'gone')),
  'stop while nobody observes': (core) => core.refuses(awaitApp, problem.unavailable('service', 'away')),
  'start not there in time': (core) =>
    core.refuses(awaitApp, problem.unavailable('service', 'late', { code: 'timeout' })),
  'delete while nobody observes': (core) => core.refuses(awaitApp, problem.unavailable('service', 'away')),
  'delete in an environment that stays': (core) =>
    core
      .answers(deleteApp, () => appIn('deleting', { environment: { ...app.environment, kind: 'open' } }))
      .answers(awaitApp, () => ({ app: null, reached: true, namespaceGone: true })),
  'delete in an environment that stays, not gone in time': (core) =>
    core
      .answers(deleteApp, () => appIn('deleting', { environment: { ...app.environment, kind: 'owned' } }))
      .answers(awaitApp, () => ({ app: appIn('deleting'), reached: false })),
  'delete not gone in time': (core) => core.answers(awaitApp, () => ({ app: appIn('deleting'), reached: false })),
  'delete leaves the namespace of somebody else': (core) =>
    core.answers(awaitApp, () => ({ app: null, reached: true, namespaceGone: false })),
  'delete twice': (core) => core.refuses(deleteApp, problem.conflict('app', 'deleting', { code: 'deleting' })),
  'status of a missing image': (core) =>
    core.answers(getApp, () => ({
      ...appIn(
        'failed',
        {},
        {
          reason: 'ImagePullBackOff',
          message: 'Back-off pulling image',
          counts: { desired: 1, ready: 0, updated: 1, available: 0 },
          readyOnce: false,
        },
      ),
      pods: [],
    })),
  'pods while the cluster is away': (core) =>
    core.refuses(
      listPods,
      problem.unavailable('service', 'no answer', { code: 'cluster_unreachable', retryAfterMs: 5_000 }),
    ),
  'metrics of a cluster that has none': (core) => core.answers(getMetrics, () => ({ sample: null, history: [] })),
  'node-ip that nobody knows': (core) => core.answers(getNodeAddress, () => ({ address: null, source: null })),
  'add a domain where no address is known': (core) =>
    core.answers(addDomain, () => ({ domain: { ...domain, address: null }, version: 2 })),
  'add a domain that is too long': (core) => core.refuses(addDomain, badDomain('length')),
  'add a domain that is malformed': (core) => core.refuses(addDomain, badDomain('characters')),
  'add a domain that is reserved': (core) => core.refuses(addDomain, badDomain('reserved')),
  'add a domain of one label': (core) => core.refuses(addDomain, badDomain('two_labels')),
  'add a taken domain': (core) =>
    core.refuses(addDomain, problem.conflict('domain', 'taken', { code: 'domain_taken' })),
  'add a domain without a port': (core) =>
    core.refuses(addDomain, problem.conflict('app', 'none', { code: 'no_port' })),
  'add one domain too many': (core) =>
    core.refuses(addDomain, problem.quotaExceeded('domain', 'An app has at most 20 domains')),
  'a key used with another request': (core) =>
    core.refuses(createApp, problem.invalid('request', 'reused', { code: 'key_reused' })),
  'a key whose request still runs': (core) =>
    core.refuses(createApp, problem.conflict('request', 'running', { code: 'key_running' })),
  'a replayed answer': (core) => (core.replayed = true),
  'notification stats while notifications is away': (core) =>
    core.refuses(countReaders, problem.unavailable('service', 'away')),
  'deployments is away': (core) =>
    core.refuses(createApp, problem.unavailable('service', 'Try again in a moment.', { retryAfterMs: 2_000 })),
  'create with a forbidden address': (core) =>
    core.refuses(
      createSubscription,
      problem.invalid('subscription', 'refused', { issues: [{ path: 'url', rule: 'url', kind: 'value' }] }),
    ),
  'webhooks/create under a taken name': (core) => core.refuses(createSubscription, taken('subscription', 'ops')),
  'webhooks/get an absent one': (core) => core.refuses(getSubscription, problem.notFound('subscription', 'none')),
  'an unexpected fault': (core) =>
    core.answers(listSubscriptions, () => {
      throw new Error('a fault that nobody expected, with a password in it');
    }),
  'no answer in time': (core) =>
    core.refuses(listSubscriptions, problem.unavailable('service', 'Try again.', { code: 'timeout' })),
};

const FORMS: Readonly<Record<string, string>> = {
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?Z',
  jwt: '[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+',
  token: '[A-Za-z0-9_-]{43,}',
  text: '[^"]+',
};

/** `<uuid>` matches any value of that form, `<uuid:d>` the same one each time. */
function patternOf(expected: string): RegExp {
  const named = new Set<string>();
  const source = expected.split(/(<[a-z]+(?::[a-z0-9]+)?>)/).map((part) => {
    const [, form = '', name] = /^<([a-z]+)(?::([a-z0-9]+))?>$/.exec(part) ?? [];
    if (!(form in FORMS)) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (name === undefined) return FORMS[form];
    if (named.has(`${form}${name}`)) return `\\k<${form}${name}>`;
    named.add(`${form}${name}`);
    return `(?<${form}${name}>${FORMS[form]})`;
  });
  return new RegExp(`^${source.join('')}$`);
}

const golden = new URL('golden/', import.meta.url);
const exchanges = readdirSync(golden)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const list = JSON.parse(readFileSync(new URL(file, golden), 'utf8')) as Exchange[];
    return list.map((exchange) => ({ ...exchange, file: file.replace('.json', '') }));
  });

function bodyOf({ fill, hex, text, body }: Pick<Exchange, 'fill' | 'hex' | 'text' | 'body'>): Buffer | undefined {
  if (fill !== undefined) return Buffer.alloc(fill, 'x');
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  if (text !== undefined) return Buffer.from(text);
  return body === undefined ? undefined : Buffer.from(JSON.stringify(body));
}

const routes = declaredRoutesOf(ContainerEngineModule);

/** The route that answers, by its name in the table of endpoints. */
function routeOf(method: string, target: string): string | undefined {
  const [pathname = ''] = target.split('?');
  const asked = method === 'HEAD' ? 'GET' : method;
  const route = routes.find(
    ({ method: own, path }) => own === asked && new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  return route && `${route.method} ${route.path}`;
}

describe('the Container Engine dialect', () => {
  const core = new ReplayedCore();
  /** What each route has asked of the core, over all exchanges. */
  const asked = new Map<string | undefined, Set<string>>();
  let gateway: TestGateway;

  beforeAll(async () => {
    wellCore(core);
    gateway = await startGatewayOver(core);
  });
  afterAll(() => gateway.close());
  beforeEach(() => wellCore(core));

  it.each(exchanges)('$file: $name', async ({ file, name, request, send = {}, status, response, ...exchange }) => {
    (special[`${file}/${name}`] ?? special[name])?.(core);
    const [method = 'GET', path = '/'] = request.split(' ');
    // As bytes: fetch would name a type for a text that has none.
    const sent = bodyOf(exchange);
    const headers = Object.entries({
      Authorization: `Bearer ${API_KEY}`,
      ...(sent !== undefined && { 'Content-Type': 'application/json' }),
      ...send,
    })
      .filter((header): header is [string, string] => header[1] !== null)
      .map(([header, value]): [string, string] => [header, value.replace('<session>', signedToken())]);
    const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(sent && { body: sent }) });
    const body = await answer.text();
    // What the gateway asks for itself, such as whether a service is there, belongs to no request; who the caller is, to every one.
    const forItself = [checkCredential.subject, listSigningKeys.subject];
    const ofRoute = asked.get(routeOf(method, path)) ?? new Set();
    for (const { subject, call } of core.asked) {
      const isOfRequest = call.correlationId === answer.headers.get('x-request-id');
      if (isOfRequest && !forItself.includes(subject)) ofRoute.add(subject);
    }
    asked.set(routeOf(method, path), ofRoute);
    expect(`${answer.status} ${body}`).toMatch(patternOf(`${status} ${JSON.stringify(response)}`));
    for (const [header, value] of Object.entries({ 'content-type': 'application/json', ...exchange.headers })) {
      expect(answer.headers.get(header), header).toMatch(patternOf(value));
    }
  });

  it('asks of the core on each route what the route declares', () => {
    expect([...(asked.get(undefined) ?? [])]).toEqual([]);
    // What stays open asks on; its own specs tell.
    for (const { method, path, access, asks } of routes.filter((one) => !one.access?.includes('stream'))) {
      expect([...(asked.get(`${method} ${path}`) ?? [])].sort(), `${method} ${path} ${access}`).toEqual(
        [...asks].sort(),
      );
    }
  });

  it('has an exchange for everything that its core says specially', () => {
    const names = new Set(exchanges.flatMap(({ file, name }) => [name, `${file}/${name}`]));
    expect(Object.keys(special).filter((name) => !names.has(name))).toEqual([]);
  });

  it('waits 300 ms for the number of deployments, a profile being worth more than that', async () => {
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`${gateway.url}/v1/user/profile`, { headers });
    expect(await answer.json()).toMatchObject({ deployment_count: 3 });
    expect(core.asked.findLast(({ subject }) => subject === countApps.subject)?.call).toMatchObject({ timeoutMs: 300 });
  });

  it('tells of an unexpected fault nothing but its incident, and logs it once', () => {
    const logged = gateway.lines.filter((line) => line.includes('a fault that nobody expected'));
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? '{}')).toMatchObject({
      level: 'error',
      requestId: expect.any(String),
      incident: expect.any(String),
    });
  });
});
