import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { json, ScriptedCluster, statusObject, waitFor } from '../fixture/scripted-cluster.js';
import { connectCluster, type Cluster } from '../cluster.js';
import type { LogLine } from './log-line.js';

const SOURCE = { namespace: 'docks', pod: 'web', container: 'main' };
const LINE = '2026-03-01T10:00:00.000000001Z one\n';

describe('followLog', () => {
  let scripted: ScriptedCluster;
  let cluster: Cluster;
  let stop: AbortController;
  let lines: LogLine[];
  beforeEach(async () => {
    scripted = await new ScriptedCluster().start();
    cluster = connectCluster(scripted.connection(), { timeoutMs: 100 });
    stop = new AbortController();
    lines = [];
  });
  afterEach(async () => {
    await cluster.close();
    await scripted.stop();
  });

  function follow(): Promise<void> {
    return cluster.followLog({ ...SOURCE, signal: stop.signal }, (line) => void lines.push(line));
  }

  it('waits for the first line of a quiet container past every time-out', async () => {
    scripted.reply = (response) => void setTimeout(() => response.end(LINE), 1_500);
    await follow();
    expect(lines).toEqual([{ time: '2026-03-01T10:00:00.000000001Z', text: 'one' }]);
    expect(scripted.requests[0]?.url).toBe(
      '/api/v1/namespaces/docks/pods/web/log?container=main&timestamps=true&follow=true',
    );
  });

  it('throws when the connection breaks while following, so that the caller can reconnect', async () => {
    scripted.reply = (response) => void response.write(LINE);
    const followed = follow();
    await waitFor(() => lines.length === 1);
    scripted.drop();
    await expect(followed).rejects.toMatchObject({ kind: 'unreachable', retriable: true });
  });

  it.each(['the caller aborts', 'the cluster is closed'])('resolves when %s', async (how) => {
    scripted.reply = (response) => void response.write(LINE);
    const followed = follow();
    await waitFor(() => lines.length === 1);
    if (how === 'the caller aborts') {
      stop.abort();
    } else {
      await cluster.close();
    }
    await followed;
  });

  it('slows the cluster down while a line is being handled', async () => {
    let sent = 0;
    scripted.reply = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(LINE.repeat(1_000))) {
          sent += 1;
        }
      };
      response.on('drain', more);
      more();
    };
    let release = (): void => undefined;
    const handled = new Promise<void>((resolve) => (release = resolve));
    const followed = cluster.followLog({ ...SOURCE, signal: stop.signal }, () => handled);
    let before = -1;
    await waitFor(async () => {
      const settled = sent === before;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return settled && sent > 0;
    });
    expect(sent * LINE.length * 1_000).toBeLessThan(64 * 1024 * 1024);
    stop.abort();
    release();
    await followed;
  });

  it.each([
    ['container "main" in pod "web" is waiting to start: ContainerCreating', 'unavailable', true],
    ['container main is not valid for pod web', 'not_found', false],
    ['previous terminated container "main" in pod "web" not found', 'not_found', false],
    ['sinceTime: Invalid value', 'invalid', false],
  ])('tells what a 400 means: %s', async (message, kind, retriable) => {
    scripted.reply = (response) => json(response, 400, statusObject(400, 'BadRequest', message));
    await expect(follow()).rejects.toMatchObject({ kind, retriable, message });
    await expect(cluster.readLog(SOURCE)).rejects.toMatchObject({ kind, retriable, message });
  });

  it('tells a log that the node has cleared away from lines', async () => {
    const message = 'unable to retrieve container logs for containerd://699e10e8';
    scripted.reply = (response) => void response.end(message);
    await expect(cluster.readLog(SOURCE)).rejects.toMatchObject({ kind: 'not_found', reason: 'LogRemoved', message });
    scripted.reply = (response) => void response.end(`2026-03-01T10:00:00Z ${message}\n`);
    await expect(cluster.readLog(SOURCE)).resolves.toHaveLength(1);
  });
});
