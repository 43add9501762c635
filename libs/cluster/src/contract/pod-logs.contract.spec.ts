import type { CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { containerState, has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

/** What the answer looks like: the words are the program's own. */
async function shape(api: CaseClient, path: string): Promise<{ lines: string[]; shape: string }> {
  const { text } = await api.unrecorded.get(path);
  const lines = text.split('\n');
  const stamped = lines.filter((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z /.test(line)).length;
  return { lines: lines.filter((line) => line !== ''), shape: `${stamped > 0 ? 'stamped' : 'plain'}` };
}

function demand(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(`not so: ${sentence}`);
}

async function run(api: CaseClient, name: string, image: string, spec: object = {}): Promise<void> {
  await api.unrecorded.post('v1/pods', pod(name, `${api.cluster.registry}/slipway/${image}:1`, {}, spec));
}

function cases(it: Behaves): void {
  it('are refused where there is none, and in which words', async (api) => {
    await run(api, 'missing', 'missing');
    await run(api, 'nowhere', 'web', { nodeSelector: { color: 'blue' } });
    await run(api, 'web', 'web');
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.unrecorded.until(
      'v1/pods/missing',
      (body) => containerState(body).waiting?.reason === 'ImagePullBackOff',
    );
    await api.get('v1/pods/absent/log');
    await api.get('v1/pods/missing/log');
    await api.get('v1/pods/nowhere/log');
    await api.get('v1/pods/web/log?container=other');
    await api.get('v1/pods/web/log?previous=true');
    await api.get('v1/pods/web/log?tailLines=-1');
    await api.get('v1/pods/web/log?tailLines=many');
    await api.get('v1/pods/web/log?limitBytes=0');
    await api.get('v1/pods/web/log?sinceSeconds=0');
    await api.get('v1/pods/web/log?sinceTime=yesterday');
    await api.get('v1/pods/web/log?sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z');
    await api.get('v1/pods/web/log?tailLines=0');
    await api.get('v1/pods/web/log?sinceTime=2050-01-01T00:00:00Z');
  });

  it('ask for a container where there are several', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    const containers = [
      { name: 'main', image },
      { name: 'side', image, env: [{ name: 'PORT', value: '8081' }] },
    ];
    const initContainers = [{ name: 'first', image: `${api.cluster.registry}/slipway/task:1` }];
    await api.unrecorded.post('v1/pods', pod('two', '', {}, { containers, initContainers }));
    await api.unrecorded.until('v1/pods/two', (body) => has(body, 'Ready'));
    await api.get('v1/pods/two/log');
    await api.get('v1/pods/two/log?container=other');
    for (const container of ['main', 'first']) {
      const { lines } = await shape(api, `v1/pods/two/log?container=${container}`);
      demand(lines.length > 0, `the container ${container} has a log`);
    }
  });

  it('name a container whose image is not there, and one that waits for a secret', async (api) => {
    await run(api, 'missing', 'missing');
    const envFrom = [{ secretRef: { name: 'settings' } }];
    await api.unrecorded.post('v1/pods', pod('secret', `${api.cluster.registry}/slipway/web:1`, { envFrom }));
    await api.unrecorded.until(
      'v1/pods/secret',
      (body) => containerState(body).waiting?.reason === 'CreateContainerConfigError',
    );
    await api.get('v1/pods/secret/log');
    await api.unrecorded.until('v1/pods/missing', (body) => containerState(body).waiting?.reason === 'ErrImagePull');
    await api.get('v1/pods/missing/log');
  });

  it('give the last lines, the recent ones, so many bytes, and times', async (api) => {
    await run(api, 'web', 'web');
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    const deadline = performance.now() + 20_000;
    const all = async (): Promise<string[]> => (await shape(api, 'v1/pods/web/log')).lines;
    while ((await all()).length < 4 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 100));
    demand((await all()).length >= 4, 'the program has said something');
    demand((await shape(api, 'v1/pods/web/log?tailLines=2')).lines.length === 2, 'the last two lines are two');
    demand((await shape(api, 'v1/pods/web/log?sinceSeconds=3600')).lines.length >= 4, 'an hour holds all lines');
    demand((await api.unrecorded.get('v1/pods/web/log?limitBytes=7')).text.length === 7, 'seven bytes are seven');
    demand((await shape(api, 'v1/pods/web/log?timestamps=true')).shape === 'stamped', 'lines begin with their times');
    const { lines } = await shape(api, 'v1/pods/web/log?timestamps=true');
    const times = lines.map((line) => line.split(' ')[0] ?? '');
    demand(
      times.every((time, index) => index === 0 || time >= (times[index - 1] ?? '')),
      'times never go back',
    );
    const since = encodeURIComponent((times[2] ?? '').replace(/\.\d+Z/, 'Z'));
    demand((await shape(api, `v1/pods/web/log?sinceTime=${since}`)).lines.length >= 1, 'lines since a time are there');
  });

  it('are followed to the end of the container', async (api) => {
    await run(api, 'web', 'web');
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    const followed = api.unrecorded.get('v1/pods/web/log?follow=true');
    await api.unrecorded.delete('v1/pods/web');
    const { text, status } = await followed;
    demand(status === 200 && text.trimEnd().endsWith('stopping'), `a followed log ends with the last line: ${text}`);
  });

  it('stay when a container has ended, and are followed at once to their end', async (api) => {
    await run(api, 'task', 'task', { restartPolicy: 'Never' });
    await api.unrecorded.until('v1/pods/task', ({ status }) => status?.phase === 'Succeeded');
    const { text } = await api.unrecorded.get('v1/pods/task/log');
    demand(text !== '', 'the log of what has ended is there');
    demand((await api.unrecorded.get('v1/pods/task/log?follow=true')).text === text, 'following it gives the same');
  });

  it('go with the pod', async (api) => {
    await run(api, 'web', 'web');
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.unrecorded.delete('v1/pods/web', { gracePeriodSeconds: 0 });
    await api.get('v1/pods/web/log');
  });
}
