import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { headers as createHeaders, nanos } from '@nats-io/nats-core';
import { problem, ServiceName, type Envelope } from '@slipway/contracts';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Broker } from './broker/broker.js';
import { DeadReason } from './dead-letters/dead-letter.js';
import { listDeadLetters, replayDeadLetter } from './dead-letters/dead-letters.js';
import { find, fixtureOperations, greet, greeted, poke, unhandled, type Greeting } from './fixture/operations.js';
import {
  controllersOf,
  openBroker,
  provisionFixture,
  startNats,
  startTestService,
  type Script,
  type TestNats,
  type TestService,
} from './fixture/service.js';
import { natsUserNames, natsUsers } from './provisioning/nats-users.js';
import { Refusal, Transient } from './refusal.js';
import { Stream } from './subjects.js';
import { settle } from './transport/settle.js';
import { toHeaders } from './wire/headers.js';
import { markReplayed } from './wire/reply.js';

const call = (more: { timeoutMs?: number; operationId?: string } = {}) => ({ correlationId: randomUUID(), ...more });
/** Longer than any retry in these tests. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const passwords = Object.fromEntries(natsUserNames.map((user) => [user, 'secret']));
/** May do everything, as no user of ours may. */
const root = { user: 'root', password: 'secret' };

let nats: TestNats;
let script: { [name in keyof Script]: ReturnType<typeof vi.fn<Script[name]>> };
let probe: Broker;
let running: TestService[];

const urlOf = (user: string): string => nats.url.replace('nats://', `nats://${user}:secret@`);

/** Services connect as their own users: whatever they are not allowed shows in their log. */
async function start(
  service: ServiceName,
  options: { concurrency?: number; unready?: boolean } = {},
): Promise<TestService> {
  const controllers = service === 'catalog' ? controllersOf(script) : [];
  const started = await startTestService(
    { natsUrl: urlOf(service), service, concurrency: options.concurrency },
    controllers,
  );
  running.push(started);
  if (!options.unready) await started.ready;
  return started;
}
const startBoth = async () => ({ catalog: await start('catalog'), gateway: await start('gateway') });
const letters = () => listDeadLetters(probe.connection);
const commandsLeft = async (): Promise<number> =>
  (await (await jetstreamManager(probe.connection)).streams.info(Stream.commands)).state.messages;

/** Publishes a command as a stranger would, and waits for nothing but the PubAck. */
async function store(subject: string, body: string, envelope?: Partial<Envelope>): Promise<void> {
  const id = randomUUID();
  const headers = envelope
    ? toHeaders({ messageId: id, operationId: id, correlationId: id, ...envelope })
    : createHeaders();
  await probe.jetstream.publish(subject, body, { headers });
}

/** Takes the next command as a process that then dies would: it is never settled. */
async function takeAndDie(): Promise<JsMsg> {
  const consumer = await probe.jetstream.consumers.get(Stream.commands, 'catalog');
  const message = await consumer.next({ expires: 5_000 });
  if (!message) throw new Error('no command came');
  return message;
}

async function shortenAckWait(ms: number): Promise<void> {
  const manager = await jetstreamManager(probe.connection);
  await manager.consumers.update(Stream.commands, 'catalog', { ack_wait: nanos(ms) });
}

beforeEach(async () => {
  nats = await startNats([...natsUsers(fixtureOperations, passwords), root]);
  await provisionFixture(urlOf('provision'));
  probe = await openBroker(urlOf('root'), 'root');
  running = [];
  script = {
    greet: vi.fn((input) => Promise.resolve({ text: `Hello ${input.name}` })),
    poke: vi.fn(() => Promise.resolve()),
    find: vi.fn((input) => Promise.resolve({ text: `Found ${input.name}` })),
    greeted: vi.fn(() => Promise.resolve()),
  };
});

afterEach(async () => {
  for (const service of running) await service.close();
  await probe.close();
  await nats.stop();
  expect(running.flatMap(({ lines }) => lines).filter(({ msg }) => msg === 'the broker forbids a subject')).toEqual([]);
});

describe('a command', () => {
  it('reaches its handler, and its answer the caller', async () => {
    const { gateway } = await startBoth();
    const answer = await gateway.bus.execute(
      greet,
      { name: 'Kim' },
      { ...call(), causationId: 'cause', dialect: 'tsuru' },
    );
    expect(answer).toEqual({ output: { text: 'Hello Kim' }, replayed: false });
    await expect(gateway.bus.execute(poke, { name: 'Kim' }, call())).resolves.toEqual({
      output: undefined,
      replayed: false,
    });
    expect(script.greet.mock.calls[0]?.[1]).toMatchObject({ causationId: 'cause', dialect: 'tsuru' });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is refused as its handler says, once', async () => {
    const { catalog, gateway } = await startBoth();
    script.greet.mockRejectedValue(new Refusal(problem.conflict('app', 'No.', { code: 'stopped' })));
    const refused = gateway.bus.execute(greet, { name: 'Kim' }, call());
    await expect(refused).rejects.toBeInstanceOf(Refusal);
    await expect(refused).rejects.toMatchObject({ problem: { kind: 'conflict', code: 'stopped', text: 'No.' } });
    expect(script.greet).toHaveBeenCalledTimes(1);
    expect(await catalog.metrics.metrics()).toContain(
      `slipway_messages_total{subject="${greet.subject}",outcome="refused",service="catalog"} 1`,
    );
  });

  it('is refused with issues when its input breaks a rule', async () => {
    const { gateway } = await startBoth();
    await expect(gateway.bus.execute(greet, { name: '' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', issues: [{ path: 'name', rule: 'length', kind: 'value' }] },
    });
    expect(script.greet).not.toHaveBeenCalled();
  });

  it('is tried again when the fault is transient', async () => {
    const { gateway } = await startBoth();
    script.greet.mockRejectedValueOnce(new Transient('the row is locked'));
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).resolves.toMatchObject({ replayed: false });
    const [first, second] = script.greet.mock.calls.map(([, envelope]) => envelope);
    expect(second).toEqual(first);
  });

  it('comes again, and is answered as replayed, when its process dies between commit and ack', async () => {
    const { catalog: dying, gateway } = await startBoth();
    await shortenAckWait(1_000);
    // The inbox of a service: what took effect, by operation id.
    const inbox = new Map<string, Greeting>();
    script.greet.mockImplementation(async (input, envelope) => {
      const recorded = inbox.get(envelope.operationId);
      if (recorded) {
        markReplayed(envelope);
        return recorded;
      }
      inbox.set(envelope.operationId, { text: `Hello ${input.name}` });
      await dying.broker.connection.close();
      return { text: `Hello ${input.name}` };
    });
    const answer = gateway.bus.execute(greet, { name: 'Kim' }, call({ operationId: 'key' }));
    await eventually(() => expect(inbox.size).toBe(1));
    await start('catalog', { unready: true });
    await expect(answer).resolves.toEqual({ output: { text: 'Hello Kim' }, replayed: true });
    expect(script.greet).toHaveBeenCalledTimes(2);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is dropped when its deadline has passed before it starts', async () => {
    const gateway = await start('gateway');
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call({ timeoutMs: 100 }))).rejects.toMatchObject({
      problem: { kind: 'unavailable', code: 'timeout' },
    });
    expect(await commandsLeft()).toBe(1);
    const catalog = await start('catalog');
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(script.greet).not.toHaveBeenCalled();
    expect(await catalog.metrics.metrics()).toContain(`outcome="expired"`);
    expect(await letters()).toEqual([]);
  });

  it('that is delivered again runs alone', async () => {
    await shortenAckWait(1_000);
    await store(greet.subject, '{"name":"again"}', {});
    await takeAndDie();
    let others = 0;
    let besideOthers: number | undefined;
    script.poke.mockImplementation(async () => {
      others += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
      others -= 1;
    });
    script.greet.mockImplementation((input) => {
      besideOthers = others;
      return Promise.resolve({ text: input.name });
    });
    await start('catalog', { unready: true });
    const gateway = await start('gateway');
    const busy = (async () => {
      while (besideOthers === undefined)
        await Promise.all([1, 2, 3].map(() => gateway.bus.execute(poke, { name: 'busy' }, call())));
    })();
    await busy;
    expect(besideOthers).toBe(0);
  });

  it('runs beside others, up to the limit', async () => {
    let now = 0;
    let most = 0;
    script.greet.mockImplementation(async (input) => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return { text: input.name };
    });
    await start('catalog', { concurrency: 4 });
    const gateway = await start('gateway');
    await Promise.all(Array.from({ length: 30 }, () => gateway.bus.execute(greet, { name: 'Kim' }, call())));
    expect(most).toBe(4);
  });

  it('is not delivered again while its handler runs, however long', async () => {
    await shortenAckWait(600);
    await start('catalog', { unready: true });
    const gateway = await start('gateway');
    script.greet.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return { text: 'slow' };
    });
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).resolves.toMatchObject({
      output: { text: 'slow' },
    });
    expect(script.greet).toHaveBeenCalledTimes(1);
  });

  it('that runs is finished and answered when its service stops', async () => {
    const { catalog, gateway } = await startBoth();
    let finish = (): void => undefined;
    script.greet.mockImplementation(() => new Promise((resolve) => (finish = () => resolve({ text: 'done' }))));
    const answer = gateway.bus.execute(greet, { name: 'Kim' }, call());
    await eventually(() => expect(script.greet).toHaveBeenCalled());
    const closed = catalog.close();
    expect(await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits');
    finish();
    await expect(answer).resolves.toMatchObject({ output: { text: 'done' } });
    await closed;
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('whose answer is too large gets a problem that says so', async () => {
    const { gateway } = await startBoth();
    script.greet.mockResolvedValue({ text: 'x'.repeat(5_000_000) });
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large', text: expect.stringContaining('The change is made.') as string },
    });
  });

  it('that is too large itself is refused and not sent', async () => {
    const gateway = await start('gateway');
    await expect(gateway.bus.execute(greet, { name: 'x'.repeat(5_000_000) }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large' },
    });
    expect(await commandsLeft()).toBe(0);
  });

  it('holds its secrets sealed in the stream, in the dead letter and in the log', async () => {
    const gateway = await start('gateway');
    script.greet.mockRejectedValue(new Error('cannot reach the registry'));
    const answer = gateway.bus.execute(greet, { name: 'Kim', registry: { url: 'r', password: 'canary-7' } }, call());
    await eventually(async () => expect(await commandsLeft()).toBe(1));
    const stored = await (await jetstreamManager(probe.connection)).streams.getMessage(Stream.commands, { seq: 1 });
    expect(stored?.string()).toContain('sealed:v1:');
    const catalog = await start('catalog');
    await expect(answer).rejects.toMatchObject({ problem: { kind: 'internal' } });
    expect(script.greet.mock.calls[0]?.[0].registry?.password).toBe('canary-7');
    const [letter] = await letters();
    const seen = [stored?.string(), Buffer.from(letter?.body ?? []).toString(), JSON.stringify(catalog.lines)].join();
    expect(seen).not.toContain('canary-7');
  });
});

describe('a command that cannot be handled', () => {
  it.each([
    ['broken JSON', greet.subject, '{"name":', {}, 'undecodable'],
    ['no headers', greet.subject, '{"name":"Kim"}', undefined, 'undecodable'],
    ['a secret in clear', greet.subject, '{"name":"Kim","registry":{"url":"r","password":"p"}}', {}, 'undecodable'],
    ['an unknown subject', 'cmd.catalog.person.greet.v9', '{"name":"Kim"}', {}, 'unroutable'],
  ])('because of %s becomes a dead letter with its reason at once', async (_, subject, body, envelope, reason) => {
    await store(subject, body, envelope);
    await start('catalog');
    await eventually(async () => expect(await letters()).toHaveLength(1));
    expect(await letters()).toMatchObject([{ stream: 'COMMANDS', service: 'catalog', subject, reason, deliveries: 1 }]);
    expect(Buffer.from((await letters())[0]?.body ?? []).toString()).toBe(body);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(script.greet).not.toHaveBeenCalled();
  });

  it('because its subject is unknown is answered to its caller', async () => {
    const { gateway } = await startBoth();
    await expect(gateway.bus.execute(unhandled, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'not_implemented' },
    });
  });

  it('because it always throws becomes a dead letter after the fifth try; neighbours do not notice', async () => {
    const { catalog, gateway } = await startBoth();
    script.poke.mockRejectedValue(new TypeError('undefined is not a function'));
    const poison = gateway.bus.execute(poke, { name: 'poison' }, call()).catch((error: unknown) => error);
    let open = true;
    void poison.then(() => (open = false));
    let answered = 0;
    while (open) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => gateway.bus.execute(greet, { name: 'Kim' }, call())));
      answered += answers.filter(({ output }) => output.text === 'Hello Kim').length;
    }
    expect(answered).toBeGreaterThan(20);
    const refused = (await poison) as Refusal;
    expect(refused.problem).toMatchObject({ kind: 'internal' });
    expect(refused.problem.text).not.toContain('undefined');
    expect(script.poke).toHaveBeenCalledTimes(5);
    expect(await letters()).toMatchObject([
      { reason: 'exhausted', deliveries: 5, text: 'undefined is not a function', incident: refused.problem.incident },
    ]);
    const logged = catalog.lines.filter(({ incident }) => incident === refused.problem.incident);
    expect(logged.map(({ msg }) => msg)).toEqual(['a handler failed', 'a message became a dead letter']);
    expect(logged[0]).toMatchObject({
      level: 'error',
      err: { type: 'TypeError', message: 'undefined is not a function' },
    });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('because a fault did not pass in time tells its caller to come again', async () => {
    const { gateway } = await startBoth();
    script.poke.mockRejectedValue(new Transient('the database is away.'));
    await expect(gateway.bus.execute(poke, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'unavailable', text: 'the database is away. Try again in a moment.', retryAfterMs: 1000 },
    });
    await eventually(async () => expect(await letters()).toMatchObject([{ reason: 'exhausted', deliveries: 5 }]));
  });

  it('because it ends its process is stopped before it would run a sixth time', async () => {
    await store(greet.subject, '{"name":"killer"}', {});
    await shortenAckWait(200);
    for (let death = 1; death <= 5; death += 1) expect((await takeAndDie()).info.deliveryCount).toBe(death);
    await start('catalog', { unready: true });
    await eventually(async () => expect(await letters()).toHaveLength(1));
    expect(await letters()).toMatchObject([{ reason: 'exhausted', deliveries: 6 }]);
    expect(script.greet).not.toHaveBeenCalled();
  });

  it('because a stranger filled the broker to the last byte is a dead letter that tells so, and cannot be replayed', async () => {
    const size = probe.maxPayload - 100;
    await store(greet.subject, 'x'.repeat(size));
    await start('catalog');
    await eventually(async () =>
      expect(await letters()).toMatchObject([{ reason: 'undecodable', truncatedFrom: size }]),
    );
    await expect(replayDeadLetter(probe.connection, 1)).rejects.toThrow(/was not kept whole/);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is one dead letter when its process dies between the letter and the term', async () => {
    await store(greet.subject, '{"name":', {});
    await shortenAckWait(200);
    const message = await takeAndDie();
    const dying = Object.assign(Object.create(message) as JsMsg, { term: () => undefined });
    const death = { reason: DeadReason.undecodable, text: 'broken' };
    await settle(probe, { message: dying, service: 'catalog', envelope: undefined }, { kind: 'dead', death });
    expect(await commandsLeft()).toBe(1);
    await start('catalog', { unready: true });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(await letters()).toMatchObject([{ text: 'broken' }]);
  });

  it('can be listed by the operator and replayed once the reason is gone', async () => {
    // An older version of the service, which does not know the command yet.
    const older = await startTestService({ natsUrl: urlOf('catalog') }, controllersOf(script).slice(0, 1));
    const deadline = Date.now() + 500;
    await store(poke.subject, '{"name":"Kim"}', { operationId: 'op', deadline, replyTo: '_INBOX_gateway.x' });
    await eventually(async () => expect(await letters()).toHaveLength(1));
    await older.close();
    await start('catalog');
    const operator = await openBroker(urlOf('operator'), 'operator');
    const [letter] = await listDeadLetters(operator.connection);
    expect(letter).toMatchObject({ stream: 'COMMANDS', reason: 'unroutable', subject: poke.subject });
    await eventually(() => expect(Date.now()).toBeGreaterThan(deadline));
    await replayDeadLetter(operator.connection, letter?.id ?? 0);
    await eventually(() => expect(script.poke).toHaveBeenCalledTimes(1));
    expect(script.poke.mock.calls[0]?.[1]).toMatchObject({
      operationId: 'op',
      deadline: undefined,
      replyTo: undefined,
    });
    expect(await listDeadLetters(operator.connection)).toEqual([]);
    await expect(replayDeadLetter(operator.connection, letter?.id ?? 0)).rejects.toThrow(/there is no dead letter/);
    await operator.close();
  });

  it('because a listener refused an event is a dead letter, and reaches it when replayed', async () => {
    await start('catalog');
    script.greeted.mockRejectedValueOnce(new Refusal(problem.conflict('app', 'not yet')));
    await store(greeted.subject, '{"name":"Kim"}', { operationId: 'fact' });
    await eventually(async () =>
      expect(await letters()).toMatchObject([{ stream: 'EVENTS', reason: 'refused', text: 'not yet' }]),
    );
    await replayDeadLetter(probe.connection, 1);
    await eventually(() => expect(script.greeted).toHaveBeenCalledTimes(2));
    expect(script.greeted.mock.calls[1]?.[1]).toMatchObject({ operationId: 'fact' });
  });
});

describe('a query', () => {
  it('reaches its handler, and its answer the caller', async () => {
    const { gateway } = await startBoth();
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).resolves.toEqual({ text: 'Found Kim' });
  });

  it('is refused as its handler says', async () => {
    const { gateway } = await startBoth();
    script.find.mockRejectedValue(new Refusal(problem.notFound('app', 'There is none.')));
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
  });

  it('is answered with an incident, whose cause is in the log alone, when its handler fails', async () => {
    const { catalog, gateway } = await startBoth();
    script.find.mockRejectedValue(new Error('relation "apps" does not exist'));
    const error = (await gateway.bus
      .query(find, { name: 'Kim' }, call())
      .catch((reason: unknown) => reason)) as Refusal;
    expect(error.problem.kind).toBe('internal');
    expect(JSON.stringify(error.problem)).not.toContain('relation');
    const lines = catalog.lines.filter(({ incident }) => incident === error.problem.incident);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('relation');
  });

  it('is unavailable at once when nobody answers', async () => {
    const gateway = await start('gateway');
    const before = performance.now();
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: {
        kind: 'unavailable',
        text: expect.stringContaining('catalog is not running') as string,
        retryAfterMs: expect.any(Number) as number,
      },
    });
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('is unavailable, code timeout, when no answer comes in time', async () => {
    const { gateway } = await startBoth();
    script.find.mockImplementation(() => new Promise(() => undefined));
    await expect(gateway.bus.query(find, { name: 'Kim' }, call({ timeoutMs: 100 }))).rejects.toMatchObject({
      problem: { kind: 'unavailable', code: 'timeout' },
    });
    running[0]?.close().catch(() => undefined);
    running.shift();
  });

  it('whose answer is too large gets a problem that says what to do', async () => {
    const { gateway } = await startBoth();
    script.find.mockResolvedValue({ text: 'x'.repeat(5_000_000) });
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large', text: expect.stringContaining('smaller page') as string },
    });
  });
});

describe('an event', () => {
  it('reaches its listener; sent again under its id it does not', async () => {
    const { publisher } = await start('catalog');
    const event = {
      subject: greeted.subject,
      id: randomUUID(),
      envelope: { correlationId: 'c' },
      payload: { name: 'Kim' },
    };
    await publisher.publish(event);
    await publisher.publish(event);
    await publisher.publish({ ...event, id: randomUUID(), payload: { name: 'Lee' } });
    await eventually(() => expect(script.greeted).toHaveBeenCalledTimes(2));
    expect(script.greeted.mock.calls[0]).toMatchObject([
      { name: 'Kim' },
      { messageId: event.id, operationId: event.id, correlationId: 'c' },
    ]);
    expect(script.greeted.mock.calls[1]?.[0]).toEqual({ name: 'Lee' });
  });

  it('that is not as declared becomes a dead letter', async () => {
    await start('catalog');
    await store(greeted.subject, '{"name":""}', {});
    await eventually(async () => expect(await letters()).toMatchObject([{ reason: 'undecodable', stream: 'EVENTS' }]));
    expect(script.greeted).not.toHaveBeenCalled();
  });

  it('passes live to whoever listens without a consumer', async () => {
    const { publisher } = await start('catalog');
    const seen: unknown[] = [];
    probe.connection.subscribe('evt.catalog.>', { callback: (_, message) => void seen.push(message.json()) });
    await probe.connection.flush();
    await publisher.publish({
      subject: greeted.subject,
      id: randomUUID(),
      envelope: { correlationId: 'c' },
      payload: { name: 'Kim' },
    });
    await eventually(() => expect(seen).toEqual([{ name: 'Kim' }]));
  });
});

describe('live subjects', () => {
  it('bring what is emitted to who listens, by wildcard', async () => {
    const logs = await start('logs');
    const gateway = await start('gateway');
    const seen: unknown[] = [];
    const subscription = gateway.bus.subscribe('log.env.*.*.*', (message) => void seen.push(message));
    await gateway.broker.connection.flush();
    logs.bus.emit('log.env.app.pod.web', { line: 'one' });
    logs.bus.emit('log.other.app.pod.web', { line: 'two' });
    await eventually(() => expect(seen).toEqual([{ subject: 'log.env.app.pod.web', payload: { line: 'one' } }]));
    subscription.unsubscribe();
    await gateway.broker.connection.flush();
    logs.bus.emit('log.env.app.pod.web', { line: 'three' });
    await logs.broker.connection.flush();
    await gateway.broker.connection.flush();
    expect(seen).toHaveLength(1);
  });

  it('drop what a slow reader cannot take and tell how much', async () => {
    const logs = await start('logs');
    const gateway = await start('gateway');
    let next = (): void => undefined;
    const seen: unknown[] = [];
    let dropped = 0;
    gateway.bus.subscribe(
      'log.>',
      async ({ payload }) => {
        seen.push(payload);
        await new Promise<void>((resolve) => (next = resolve));
      },
      { maxPending: 2, onDropped: (count) => (dropped += count) },
    );
    await gateway.broker.connection.flush();
    for (let line = 1; line <= 10; line += 1) logs.bus.emit('log.e.a.p.c', { line });
    await logs.broker.connection.flush();
    await gateway.broker.connection.flush();
    await eventually(() => {
      next();
      expect(seen).toEqual([{ line: 1 }, { line: 2 }, { line: 3 }]);
    });
    await eventually(() => expect(dropped).toBe(7));
  });
});

describe('the broker', () => {
  it('may restart: services carry on without doing so', async () => {
    const { catalog, gateway } = await startBoth();
    await gateway.bus.execute(greet, { name: 'Kim' }, call());
    await nats.restart();
    await eventually(() => expect([catalog.bus.connected, gateway.bus.connected]).toEqual([true, true]));
    await expect(gateway.bus.execute(greet, { name: 'Lee' }, call({ timeoutMs: 2_000 }))).resolves.toMatchObject({
      output: { text: 'Hello Lee' },
    });
    await expect(gateway.bus.query(find, { name: 'Lee' }, call())).resolves.toEqual({ text: 'Found Lee' });
    await eventually(async () => expect(await gateway.readiness.report()).toMatchObject({ ready: true }));
  });

  it('being lost ends what waits for an answer, long before its time is up', async () => {
    const { gateway } = await startBoth();
    let asked = 0;
    let release = (): void => undefined;
    const released = new Promise<{ text: string }>((resolve) => (release = () => resolve({ text: 'late' })));
    const silent = () => {
      asked += 1;
      return released;
    };
    script.greet.mockImplementation(silent);
    script.find.mockImplementation(silent);
    const lost = { problem: { kind: 'unavailable', text: expect.stringContaining('was lost') as string } };
    const command = expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject(lost);
    const query = expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject(lost);
    await eventually(async () => expect(asked).toBe(2));
    const began = performance.now();
    await nats.halt();
    await Promise.all([command, query]);
    expect(performance.now() - began).toBeLessThan(2_000);
    release();
    await nats.restart();
  });

  it('being away is answered at once, and told by readiness', async () => {
    const { catalog, gateway } = await startBoth();
    await nats.halt();
    await eventually(() => expect([catalog.bus.connected, gateway.bus.connected]).toEqual([false, false]));
    const before = performance.now();
    const away = { problem: { kind: 'unavailable', retryAfterMs: expect.any(Number) as number } };
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject(away);
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject(away);
    expect(await catalog.readiness.report()).toMatchObject({
      ready: false,
      checks: {
        nats: 'no connection to the message broker of NATS_URL',
        streams: 'not known while the message broker is away',
      },
    });
    expect(performance.now() - before).toBeLessThan(100);
    await nats.restart();
    await eventually(() => expect(gateway.bus.connected).toBe(true));
  });
});

describe('a service', () => {
  it('waits for its broker when it starts', async () => {
    await nats.halt();
    const starting = start('catalog');
    const first = await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    expect(first).toBe('waits');
    await nats.restart();
    expect((await starting).bus.connected).toBe(true);
  });

  it('is not ready while a stream or consumer is not as it should be, and says what', async () => {
    const catalog = await start('catalog');
    const manager = await jetstreamManager(probe.connection);
    await manager.streams.update(Stream.commands, { max_msgs: 5 });
    await manager.consumers.delete(Stream.events, 'catalog');
    const { ready, checks } = await catalog.readiness.report();
    expect(ready).toBe(false);
    expect(checks.streams).toContain('stream COMMANDS: max_msgs is 5, wants 100000');
    expect(checks.streams).toContain('consumer catalog on EVENTS is missing: run provision');
    expect(await provisionFixture(urlOf('provision'))).toHaveLength(2);
    expect((await catalog.readiness.report()).ready).toBe(true);
    await store(greeted.subject, '{"name":"Kim"}', {});
    await eventually(() => expect(script.greeted).toHaveBeenCalled());
  });

  it('does not start with two handlers for one subject', async () => {
    const starting = startTestService({ natsUrl: urlOf('catalog') }, [
      ...controllersOf(script),
      ...controllersOf(script),
    ]);
    await expect(starting).rejects.toThrow(`${greet.subject} has two handlers in catalog: keep one`);
  });

  it('does not start with a handler for what another service owns', async () => {
    const starting = startTestService({ natsUrl: urlOf('logs'), service: 'logs' }, controllersOf(script));
    await expect(starting).rejects.toThrow(`${greet.subject} belongs to catalog, so logs cannot handle it`);
  });
});

describe('provision', () => {
  it('changes nothing when run again', async () => {
    expect(await provisionFixture(urlOf('provision'))).toEqual([]);
  });

  it('brings back what was changed and says so', async () => {
    const manager = await jetstreamManager(probe.connection);
    await manager.streams.update(Stream.events, { max_age: nanos(1_000 * 60 * 60) });
    await manager.consumers.update(Stream.commands, 'catalog', { ack_wait: nanos(1_000) });
    expect(await provisionFixture(urlOf('provision'))).toEqual([
      'stream EVENTS: max_age is 3600000000000, wants 604800000000000',
      'consumer catalog on COMMANDS: ack_wait is 1000000000, wants 30000000000',
    ]);
    expect(await provisionFixture(urlOf('provision'))).toEqual([]);
  });

  it('names what the broker cannot change, and what to do', async () => {
    const manager = await jetstreamManager(probe.connection);
    await manager.streams.delete(Stream.commands);
    await manager.streams.add({ name: Stream.commands, subjects: ['cmd.>'] });
    await expect(provisionFixture(urlOf('provision'))).rejects.toThrow(
      /stream COMMANDS: retention is "limits", wants "workqueue".*delete the stream and provision again/,
    );
  });
});
