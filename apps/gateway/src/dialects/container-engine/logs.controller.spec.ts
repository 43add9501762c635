import { request, type IncomingMessage } from 'node:http';

import { followLines, getApp, listLines, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { describe, expect, vi } from 'vitest';

import { API_KEY, APP_ID } from '../../fixture/samples.js';
import { entry, it, line, LOGS } from '../../fixture/streams.js';

const PATH = `/v1/deployments/${APP_ID}/logs`;

describe('streams of lines', () => {
  it('send the tail, then what comes, each line once', async ({ core, open }) => {
    const client = open(`${PATH}/stream?tail=2`);
    await client.opened;
    core.emit(LOGS, { kind: 'line', ...line(2) });
    core.emit(LOGS, { kind: 'line', ...line(3) });
    await vi.waitFor(() => expect(client.messages).toEqual([entry(1), entry(2), entry(3)]));
    expect(core.asked.filter(({ subject }) => subject === listLines.subject).at(-1)?.input).toEqual({
      appId: APP_ID,
      tail: 2,
    });
  });

  it('tell what was lost on the way, and end with the deployment', async ({ core, open }) => {
    const client = open(`${PATH}/stream`);
    await client.opened;
    core.emit(LOGS, { kind: 'gap', dropped: 37 });
    core.emit(LOGS, { kind: 'end' });
    expect(await client.ended).toBe(1000);
    expect(JSON.parse(client.messages.at(-1) ?? '')).toMatchObject({
      source: 'slipway',
      message: '37 lines dropped',
      dropped: 37,
    });
  });

  it('are plain text when asked for', async ({ open }) => {
    const client = open(`${PATH}/stream?format=text`);
    await vi.waitFor(() => expect(client.messages[0]).toBe('2026-03-01T10:00:01Z line 1'));
  });

  it('name the pods in plain text from the first line on where there are several, though one alone has written', async ({
    core,
    open,
    listen,
  }) => {
    core.answers(listLines, () => ({ lines: [line(1)], severalPods: true }));
    const client = open(`${PATH}/stream?format=text`);
    await vi.waitFor(() => expect(client.messages[0]).toBe('[shop-1] 2026-03-01T10:00:01Z line 1'));
    const { read, stop } = await listen(`${PATH}?follow=true&format=text`);
    await vi.waitFor(() => expect(read.text).toMatch(/^\[shop-1\] 2026-03-01T10:00:01Z line 1\n/));
    stop();
    const list = await listen(`${PATH}?format=text`);
    await vi.waitFor(() => expect(list.read.text).toBe('{"logs":"[shop-1] 2026-03-01T10:00:01Z line 1\\n"}'));
  });

  it('know nothing of what is not theirs', async ({ core, open }) => {
    const client = open(`${PATH}/stream?follow=yes&previous=true`);
    await client.opened;
    expect(core.asked.filter(({ subject }) => subject === listLines.subject).at(-1)?.input).toEqual({
      appId: APP_ID,
      tail: 100,
    });
  });

  it('tell where lines are missing and between which times', async ({ core, open, listen }) => {
    const client = open(`${PATH}/stream`);
    await client.opened;
    core.emit(LOGS, { kind: 'gap', since: line(2).time, time: line(7).time, pod: 'shop-1', container: 'app' });
    const { read, stop } = await listen(`${PATH}?follow=true`);
    core.emit(LOGS, { kind: 'gap', since: line(2).time, time: line(7).time, pod: 'shop-1', container: 'app' });
    const notice = `{"timestamp":"2026-03-01T10:00:07Z","level":"warn","message":"lines are missing between ${line(2).time} and ${line(7).time}","source":"slipway","pod":"shop-1","container":"app"}`;
    await vi.waitFor(() => expect(client.messages[2]).toBe(notice));
    await vi.waitFor(() => expect(read.text).toContain(`${notice}\n`));
    stop();
  });

  it('tell a reader who was too slow how many lines it lost, at the latest when the deployment is deleted', async ({
    core,
    gateway,
    open,
  }) => {
    const count = 600;
    const burst = async () => {
      for (let number = 0; number < count; number += 1) {
        const time = new Date(Date.parse('2026-03-01T11:00:00Z') + number).toISOString();
        core.emit(LOGS, { kind: 'line', ...line(3), time, message: 'x'.repeat(60 * 1024) });
        if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      core.emit(LOGS, { kind: 'end' });
    };
    const told = (entries: { dropped?: number }[]): number =>
      entries.reduce((sum, { dropped }) => sum + (dropped ?? 1), 0) - 2;

    const client = open(`${PATH}/stream`);
    await client.opened;
    await vi.waitFor(() => expect(client.messages).toHaveLength(2));
    client.socket.pause();
    await burst();
    client.socket.resume();
    expect(await client.ended).toBe(1000);
    const messages = client.messages.map((text) => JSON.parse(text) as { dropped?: number });
    expect(messages.at(-1)?.dropped).toBeGreaterThan(0);
    expect(told(messages)).toBe(count);

    const answer = await new Promise<IncomingMessage>((resolve) => {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      request(`${gateway.url}${PATH}?follow=true`, { headers }, resolve).end();
    });
    await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(1));
    await burst();
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
    const lines = text.trimEnd().split('\n');
    const entries = lines.map((one) => JSON.parse(one) as { dropped?: number });
    expect(entries.at(-1)?.dropped).toBeGreaterThan(0);
    expect(told(entries)).toBe(count);
  });

  it('say in an answer that its tail is not whole', async ({ core, gateway }) => {
    core.answers(listLines, () => ({ lines: [line(1), line(2)], cut: true }));
    const read = async (query: string) => {
      const answer = await fetch(`${gateway.url}${PATH}?${query}`, {
        headers: { Authorization: `Bearer ${API_KEY}` },
      });
      const { logs } = (await answer.json()) as { logs: { message: string }[] };
      return logs.map(({ message }) => message);
    };
    expect(await read('tail=3')).toEqual([`lines are missing before ${line(1).time}`, 'line 1', 'line 2']);
    expect(await read(`tail=2&since=${line(1).time}`)).toEqual(['line 1', 'line 2']);
  });

  it('give only the pod that was asked for', async ({ core, open }) => {
    const client = open(`${PATH}/stream?pod=shop-1&tail=0`);
    core.answers(listLines, () => ({ lines: [] }));
    await client.opened;
    core.emit(LOGS, { kind: 'line', ...line(3), pod: 'shop-2' });
    core.emit(LOGS, { kind: 'line', ...line(4) });
    await vi.waitFor(() => expect(client.messages.at(-1)).toBe(entry(4)));
    expect(client.messages.join('')).not.toContain('shop-2');
  });

  it.for(['stream', 'ws'])('give one pod alone at its own address, …/logs/%s', async (address, { core, open }) => {
    const ofPods = `/v1/deployments/${APP_ID}/pods`;
    core.answers(listLines, ({ pod }) => {
      if (pod !== 'shop-1') throw new Refusal(problem.notFound('pod', 'none of this app'));
      return { lines: [line(1)] };
    });
    const client = open(`${ofPods}/shop-1/logs/${address}?pod=shop-2`);
    await client.opened;
    core.emit(LOGS, { kind: 'line', ...line(3), pod: 'shop-2' });
    core.emit(LOGS, { kind: 'line', ...line(4) });
    await vi.waitFor(() => expect(client.messages).toEqual([entry(1), entry(4)]));
    expect(await open(`${ofPods}/shop-2/logs/${address}`).ended).toMatch(/^404 .*Pod not found/);
  });

  it('are refused for a deployment that the caller does not see', async ({ core, open }) => {
    core.refuses(getApp, problem.notFound('app', 'none'));
    core.refuses(followLines, problem.unavailable('service', 'nothing is known of it here yet'));
    expect(await open(`${PATH}/stream`).ended).toMatch(/^404 .*Deployment not found/);
    expect(await open('/v1/deployments/7/logs/stream').ended).toMatch(/^400 .*Invalid id/);
  });

  it('are answered at once without follow', async ({ gateway }) => {
    const answer = await fetch(`${gateway.url}${PATH}?tail=2`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    expect(await answer.text()).toBe(`{"logs":[${entry(1)},${entry(2)}]}`);
    const text = await fetch(`${gateway.url}${PATH}?format=text`, {
      headers: { Authorization: `Bearer ${API_KEY}` },
    });
    expect(await text.text()).toBe('{"logs":"2026-03-01T10:00:01Z line 1\\n2026-03-01T10:00:02Z line 2\\n"}');
  });

  it('say that the cluster is away', async ({ core, gateway }) => {
    core.answers(listLines, () => {
      throw new Refusal(problem.unavailable('service', 'no answer from the cluster', { code: 'cluster_unreachable' }));
    });
    const answer = await fetch(`${gateway.url}${PATH}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { message: 'Cluster is not reachable' } });
  });
});
