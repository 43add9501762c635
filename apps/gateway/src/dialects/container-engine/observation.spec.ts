// Which commands wait, for what and how long, as the core is asked for it.
import {
  awaitApp,
  type AwaitedApp,
  checkCredential,
  deleteApp,
  problem,
  restartApp,
  rollBackApp,
  scaleApp,
  setVariables,
  startApp,
  stopApp,
  updateApp,
} from '@slipway/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ReplayedCore } from '../../fixture/replayed-core.js';
import { API_KEY, app, APP_ID, appIn, checked } from '../../fixture/samples.js';
import { startGatewayOver, type TestGateway } from '../../fixture/test-gateway.js';

const PATH = `/v1/deployments/${APP_ID}`;
const GENERATION = 7;

describe('Observation', () => {
  const core = new ReplayedCore();
  const changed = { ...app, generation: GENERATION, version: 3 };
  let gateway: TestGateway;
  let impatient: TestGateway;

  beforeAll(async () => {
    gateway = await startGatewayOver(core);
    impatient = await startGatewayOver(core, { OBSERVE_WAIT_MS: '1500' });
  });
  afterAll(() => Promise.all([gateway.close(), impatient.close()]));
  beforeEach(() => {
    core.asked.length = 0;
    core
      .answers(checkCredential, () => checked('full'))
      .answers(scaleApp, ({ replicas }) => ({ app: changed, old: 2, new: replicas }))
      .answers(stopApp, () => changed)
      .answers(startApp, () => changed)
      .answers(deleteApp, () => changed)
      .answers(restartApp, () => changed)
      .answers(updateApp, () => ({ app: changed, changed: true }))
      .answers(setVariables, () => ({ app: changed, changed: true }))
      .answers(rollBackApp, () => ({ app: changed, changed: true, rolledBackTo: 1 }))
      .answers(awaitApp, ({ until }): AwaitedApp =>
        until === 'gone' ? { app: null, reached: true } : { app: appIn('scaling'), reached: false },
      );
  });

  const send = (request: string, body?: object, headers: Record<string, string> = {}, to = gateway) => {
    const [method = '', path = ''] = request.split(' ');
    const type = body && { 'Content-Type': 'application/json' };
    return fetch(`${to.url}${PATH}${path}`, {
      method,
      headers: { Authorization: `Bearer ${API_KEY}`, ...type, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  };
  const waits = () => core.asked.filter(({ subject }) => subject === awaitApp.subject);

  it.each([
    ['PATCH /scale', { replicas: 5 }, 'running', 5_000],
    ['PATCH /scale', { replicas: 0 }, 'stopped', 5_000],
    ['POST /stop', undefined, 'stopped', 5_000],
    ['POST /start', undefined, 'running', 5_000],
    ['DELETE ', undefined, 'gone', 8_000],
  ])('%s %j waits for what it has set going to be %s, for %d ms', async (request, body, until, timeoutMs) => {
    const answer = await send(request, body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(waits()).toMatchObject([
      { input: { id: APP_ID, generation: GENERATION, until, timeoutMs }, call: { timeoutMs: timeoutMs + 3_000 } },
    ]);
  });

  it.each(['PATCH /scale', 'POST /stop', 'POST /start', 'DELETE '])('%s waits as Prefer says', async (request) => {
    const body = request.startsWith('PATCH') ? { replicas: 5 } : undefined;
    for (const [seconds, timeoutMs] of [
      ['25', 25_000],
      ['2', 2_000],
      ['0', 0],
    ] as const) {
      core.asked.length = 0;
      const answer = await send(request, body, { Prefer: `wait=${seconds}` });
      expect(answer.headers.get('preference-applied')).toBe(`wait=${seconds}`);
      expect(waits()).toMatchObject([{ input: { timeoutMs }, call: { timeoutMs: timeoutMs + 3_000 } }]);
    }
  });

  it('takes no notice of a preference that is out of range', async () => {
    const answer = await send('POST /stop', undefined, { Prefer: 'wait=26' });
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(waits()).toMatchObject([{ input: { timeoutMs: 5_000 } }]);
  });

  it('waits OBSERVE_WAIT_MS, but for a deletion', async () => {
    await send('POST /stop', undefined, {}, impatient);
    await send('DELETE ', undefined, {}, impatient);
    expect(waits()).toMatchObject([{ input: { timeoutMs: 1_500 } }, { input: { timeoutMs: 8_000 } }]);
  });

  it.each([
    ['PUT ', { image: 'shop:2' }],
    ['POST /restart', undefined],
    ['PATCH /env', { env_vars: { A: '1' } }],
    ['POST /rollback', undefined],
  ])('%s does not wait, whatever is preferred', async (request, body) => {
    const answer = await send(request, body, { Prefer: 'wait=25' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(waits()).toEqual([]);
  });

  it.each(['PATCH /scale', 'POST /stop', 'POST /start'])(
    '%s that a deletion overtakes is 404, without an ETag of what is gone',
    async (request) => {
      core.refuses(awaitApp, problem.notFound('app', 'gone'));
      core.replayed = true;
      const answer = await send(request, request.startsWith('PATCH') ? { replicas: 5 } : undefined);
      core.replayed = false;
      expect(answer.status).toBe(404);
      expect(answer.headers.get('etag')).toBeNull();
      expect(answer.headers.get('idempotency-replayed')).toBe('true');
      expect(await answer.json()).toMatchObject({ error: { message: 'Deployment not found' } });
    },
  );
});

describe('MAX_REPLICAS', () => {
  const core = new ReplayedCore().answers(checkCredential, () => checked('full'));
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startGatewayOver(core, { MAX_REPLICAS: '3' })));
  afterAll(() => gateway.close());

  it.each([
    ['POST', '/v1/deployments', { app_name: 'shop', image: 'shop:1', port: 80 }, 1],
    ['PUT', PATH, {}, 1],
    ['PATCH', `${PATH}/scale`, {}, 0],
  ])('bounds %s %s', async (method, path, body, min) => {
    const headers = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' };
    const send = (replicas: number) =>
      fetch(`${gateway.url}${path}`, { method, headers, body: JSON.stringify({ ...body, replicas }) });
    const refused = await send(4);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { details: `replicas: must be between ${min} and 3` } });
    // Accepted here, and then there is no core.
    expect((await send(3)).status).toBe(503);
  });
});
