// What a developer changes on a running deployment, and takes back: variables, images, a restart. All of it through the API.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DeployedApp } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { testImage } from './fixture/test-cluster.js';

let instance: Instance;
beforeAll(async () => {
  instance = await startInstance();
}, 90_000);
afterAll(() => instance.close());

const deploy = async (app_name: string, body: object = {}): Promise<DeployedApp> => {
  const app = await DeployedApp.create(instance.client, { app_name, image: testImage('web'), ...body });
  await app.until({ status: 'running' });
  return app;
};
const get = async (app: DeployedApp, path: string) => (await app.send('GET', path)).body;

interface Item {
  readonly revision: number;
  readonly image: string;
  readonly cause: string;
  readonly current: boolean;
  readonly deployed_at: string | null;
}

describe('a deployment that is changed', () => {
  it('keeps its revisions, and goes back to any of them', async () => {
    const app = await deploy('changed', { env_vars: { A: '1', B: '2' } });
    const patched = await app.send('PATCH', '/env', { env_vars: { A: null, C: '3' } });
    expect(patched.body).toMatchObject({ status: 'updating', revision: 2, updated_env_vars: { B: '2', C: '3' } });
    expect(await get(app, '/env')).toMatchObject({ app_name: 'changed', env_vars: { B: '2', C: '3' } });
    await app.until({ status: 'running', revision: 2 });
    await app.send('PUT', '', { image: testImage('web', '2') });
    await app.until({ status: 'running', revision: 3 });

    const back = await app.send('POST', '/rollback', { revision: 1 });
    expect(back.body).toMatchObject({ revision: 4, rolled_back_to: 1, message: 'Rollback to revision 1 in progress' });
    await app.until({ status: 'running', revision: 4, image: testImage('web') });
    expect(await get(app, '/env')).toMatchObject({ env_vars: { A: '1', B: '2' } });

    const { revisions, pagination } = await get(app, '/revisions');
    expect(pagination).toEqual({ page: 1, limit: 10, total: 4, total_pages: 1 });
    expect((revisions as Item[]).map(({ revision, cause, current }) => [revision, cause, current])).toEqual([
      [4, 'rollback', true],
      [3, 'update', false],
      [2, 'env', false],
      [1, 'create', false],
    ]);
    expect((revisions as Item[]).every(({ deployed_at }) => deployed_at !== null)).toBe(true);
    expect(await get(app, '/revisions/2')).toMatchObject({
      image: testImage('web'),
      cause: 'env',
      current: false,
      env_vars: { B: '2', C: '3' },
    });
  }, 120_000);

  it('is restarted without a revision', async () => {
    const app = await deploy('restarted', { replicas: 2 });
    const answer = await app.send('POST', '/restart');
    expect(answer.body).toEqual({ id: app.id, status: 'updating', message: 'Deployment restart in progress' });
    expect(answer.headers.get('etag')).toBe('"2"');
    await app.until({ status: 'running', ready_replicas: 2, revision: 1 });
  }, 120_000);
});
