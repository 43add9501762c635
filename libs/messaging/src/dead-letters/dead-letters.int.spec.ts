import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnectionImpl } from '@nats-io/nats-core/internal';
import { problem } from '@slipway/contracts';
import { describe, expect, it, vi } from 'vitest';

import { greet, greeted, poke, unhandled } from '../fixture/operations.js';
import { controllersOf, openBroker, startTestService } from '../fixture/service.js';
import { call, eventually, useServices } from '../fixture/services.js';
import { Refusal, Transient } from '../refusal.js';
import { settle } from '../transport/settle.js';
import { DeadReason } from './dead-letter.js';
import { listDeadLetters, replayDeadLetter } from './dead-letters.js';

const { script, urlOf, start, startBoth, letters, commandsLeft, store, takeAndDie, shortenAckWait, probe } =
  useServices();

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

  it('because a fault did not pass is a dead letter when nobody waits for it', async () => {
    await store(greet.subject, '{"name":"Kim"}', {});
    await shortenAckWait(200);
    for (let death = 1; death <= 4; death += 1) await takeAndDie();
    script.greet.mockRejectedValue(new Transient('the database is away.'));
    await start('catalog', { unready: true });
    await eventually(async () => expect(await letters()).toMatchObject([{ reason: 'exhausted', deliveries: 5 }]));
    expect(script.greet).toHaveBeenCalledTimes(1);
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

  it('is handled however often its process ended before it began, and its tries are still its own', async () => {
    await store(greet.subject, '{"name":"Kim"}', { replyTo: '_INBOX_gateway.none' });
    await shortenAckWait(200);
    for (let death = 1; death <= 7; death += 1) expect((await takeAndDie('waiting')).info.deliveryCount).toBe(death);
    script.greet.mockRejectedValueOnce(new Transient('the database is away.'));
    await start('catalog', { unready: true });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(script.greet).toHaveBeenCalledTimes(2);
    expect(await letters()).toEqual([]);
  });

  it('is not what was handled and comes again because its acks are lost', async () => {
    const { broker } = await start('catalog');
    await shortenAckWait(200);
    const { protocol } = broker.connection as NatsConnectionImpl;
    const publish = protocol.publish.bind(protocol);
    let lost = 0;
    vi.spyOn(protocol, 'publish').mockImplementation((subject, body, options) => {
      if (subject.startsWith('$JS.ACK.') && Buffer.from(body ?? '').toString() === '+ACK' && lost < 7) lost += 1;
      else publish(subject, body, options);
    });
    await store(greet.subject, '{"name":"Kim"}', {});
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(lost).toBe(7);
    expect(await letters()).toEqual([]);
  });

  it('because a stranger filled the broker to the last byte is a dead letter that tells so, and cannot be replayed', async () => {
    const size = probe().maxPayload - 100;
    await store(greet.subject, 'x'.repeat(size));
    await start('catalog');
    await eventually(async () =>
      expect(await letters()).toMatchObject([{ reason: 'undecodable', truncatedFrom: size }]),
    );
    await expect(replayDeadLetter(probe().connection, 1)).rejects.toThrow(/was not kept whole/);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is one dead letter when its process dies between the letter and the term', async () => {
    await store(greet.subject, '{"name":', {});
    await shortenAckWait(200);
    const message = await takeAndDie();
    const dying = Object.assign(Object.create(message) as JsMsg, { term: () => undefined });
    const death = { reason: DeadReason.undecodable, text: 'broken' };
    await settle(probe(), { message: dying, service: 'catalog', envelope: undefined }, { kind: 'dead', death });
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
    await replayDeadLetter(probe().connection, 1);
    await eventually(() => expect(script.greeted).toHaveBeenCalledTimes(2));
    expect(script.greeted.mock.calls[1]?.[1]).toMatchObject({ operationId: 'fact' });
  });
});
