import { randomUUID } from 'node:crypto';

import { problem } from '@slipway/contracts';
import { Refusal, Transient, wasReplayed } from '@slipway/messaging';
import { waitFor } from '@slipway/testing/test-run';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { envelopeOf, NoteEntity, partsOf, startDatabase, type TestDatabase } from '../fixture/database.js';
import { eraseNotes, issueToken, noteWritten, writeNote, type NoteView } from '../fixture/operations.js';
import type { Tx } from '../transaction/transactions.js';
import type { Inbox } from './inbox.js';

describe('once', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let inbox: Inbox;

  beforeAll(async () => {
    database = await startDatabase();
    dataSource = await database.connect(60);
    ({ inbox } = partsOf(dataSource, { publish: () => Promise.resolve() }));
  });
  afterAll(() => database.drop());
  beforeEach(() => dataSource.query('delete from note'));

  const write =
    (text: string) =>
    async (tx: Tx): Promise<NoteView> => {
      const note = await tx.getRepository(NoteEntity).save({ id: randomUUID(), text });
      await tx.outbox.add(noteWritten, { text });
      return note;
    };
  const notes = (): Promise<number> => dataSource.getRepository(NoteEntity).count();
  const stored = async (operationId: string): Promise<unknown> =>
    (await dataSource.query<unknown[]>('select outcome, answer from inbox where operation_id = $1', [operationId]))[0];
  const problemOf = async (promise: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Refusal)) throw new Error(`no refusal: ${String(error)}`);
    return error.problem;
  };

  it('takes effect once when a command is delivered twice, and says that the second answer is a recorded one', async () => {
    const envelope = envelopeOf();
    const first = await inbox.once(writeNote, envelope, write('a'));
    const again = { ...envelope };
    const second = await inbox.once(writeNote, again, write('b'));
    expect(second).toEqual(first);
    expect([wasReplayed(envelope), wasReplayed(again)]).toEqual([false, true]);
    expect(await notes()).toBe(1);
    expect(
      await dataSource.query('select payload from outbox where envelope ->> $1 = $2', [
        'causationId',
        envelope.messageId,
      ]),
    ).toEqual([{ payload: { text: 'a' } }]);
  });

  it('answers a retry under the same key with the recorded answer', async () => {
    const operationId = randomUUID();
    const first = await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'h' }), write('a'));
    expect(await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'h' }), write('a'))).toEqual(first);
    expect(await notes()).toBe(1);
  });

  it('refuses a key that another request has used', async () => {
    const operationId = randomUUID();
    await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'one' }), write('a'));
    const other = inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'other' }), write('b'));
    expect(await problemOf(other)).toMatchObject({ kind: 'invalid', code: 'key_reused' });
    expect(await notes()).toBe(1);
  });

  it('runs a key afresh after 24 hours, also for another request, and knows a second delivery of the first all the same', async () => {
    const envelope = envelopeOf({ operationId: randomUUID(), requestHash: 'one' });
    const { operationId } = envelope;
    const age = (interval: string) =>
      dataSource.query(`update inbox set created_at = now() - $2::interval where operation_id = $1`, [
        operationId,
        interval,
      ]);
    const first = await inbox.once(writeNote, envelope, write('a'));
    await age('23 hours');
    expect(await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'one' }), write('b'))).toEqual(first);
    await age('25 hours');
    expect(await inbox.once(writeNote, { ...envelope }, write('c'))).toEqual(first);
    expect(await notes()).toBe(1);
    const later = envelopeOf({ operationId, requestHash: 'other' });
    const second = await inbox.once(writeNote, later, write('d'));
    expect(second).toMatchObject({ text: 'd' });
    // From then on it is that request's, for another 24 hours.
    expect(await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'other' }), write('e'))).toEqual(second);
    expect(
      await problemOf(inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'one' }), write('f'))),
    ).toMatchObject({ code: 'key_reused' });
    expect(await notes()).toBe(2);
  });

  it('knows what came without a key for as long as its row is there', async () => {
    const operationId = randomUUID();
    await inbox.once(noteWritten, envelopeOf({ operationId }), async (tx) => void (await write('a')(tx)));
    await dataSource.query(`update inbox set created_at = now() - interval '6 days' where operation_id = $1`, [
      operationId,
    ]);
    await inbox.once(noteWritten, envelopeOf({ operationId }), async (tx) => void (await write('b')(tx)));
    expect(await notes()).toBe(1);
  });

  it('keeps answers without content', async () => {
    const envelope = envelopeOf();
    await inbox.once(eraseNotes, envelope, () => Promise.resolve());
    expect(await inbox.once(eraseNotes, envelope, () => Promise.reject(new Error('run twice')))).toBeUndefined();
  });

  it('takes one effect of fifty requests under one key at once; the others get its answer or a conflict', async () => {
    const operationId = randomUUID();
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => inbox.once(writeNote, envelopeOf({ operationId }), write('a'))),
    );
    expect(await notes()).toBe(1);
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
    expect(new Set(answers).size).toBe(1);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Refusal] : []));
    for (const refusal of refusals) expect(refusal.problem).toMatchObject({ kind: 'conflict', code: 'key_running' });
  });

  it('tells a second delivery of a running message to come again, and another message that the key is at work', async () => {
    const envelope = envelopeOf({ operationId: randomUUID() });
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    let started = false;
    const running = inbox.once(writeNote, envelope, async (tx) => {
      started = true;
      await held;
      return write('a')(tx);
    });
    await waitFor(() => started);
    const sameMessage = inbox.once(writeNote, { ...envelope }, write('b'));
    await expect(sameMessage).rejects.toBeInstanceOf(Transient);
    const otherMessage = inbox.once(writeNote, envelopeOf({ operationId: envelope.operationId }), write('c'));
    expect(await problemOf(otherMessage)).toMatchObject({ kind: 'conflict', code: 'key_running' });
    finish();
    await running;
    expect(await notes()).toBe(1);
  });

  it('lets the work wait for a row lock longer than a second delivery waits for the first', async () => {
    const id = randomUUID();
    await dataSource.getRepository(NoteEntity).insert({ id, text: 'locked' });
    const holder = dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('select 1 from note where id = $1 for update', [id]);
    const waiting = inbox.once(writeNote, envelopeOf(), async (tx) => {
      await tx.manager.query('select 1 from note where id = $1 for update', [id]);
      return { id, text: 'got it' };
    });
    await waitFor(
      async () =>
        (
          await dataSource.query<unknown[]>(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and now() - query_start > interval '150 ms'`,
          )
        ).length > 0,
    );
    await holder.commitTransaction();
    await holder.release();
    expect(await waiting).toEqual({ id, text: 'got it' });
  });

  it('undoes the change of a refused command, records the refusal and repeats it', async () => {
    const envelope = envelopeOf();
    const refusal = new Refusal(problem.conflict('app', 'It is being deleted. Wait.', { code: 'deleting' }));
    const first = inbox.once(writeNote, envelope, async (tx) => {
      await write('a')(tx);
      throw refusal;
    });
    await expect(first).rejects.toBe(refusal);
    const again = { ...envelope };
    expect(await problemOf(inbox.once(writeNote, again, write('b')))).toEqual(refusal.problem);
    expect(wasReplayed(again)).toBe(true);
    expect(await notes()).toBe(0);
  });

  it('does not record that something was away: the same key may succeed later', async () => {
    const operationId = randomUUID();
    const away = new Refusal(problem.unavailable('service', 'The cluster is away.'));
    await expect(inbox.once(writeNote, envelopeOf({ operationId }), () => Promise.reject(away))).rejects.toBe(away);
    await inbox.once(writeNote, envelopeOf({ operationId }), write('a'));
    expect(await notes()).toBe(1);
  });

  it('does nothing past the deadline, and runs afresh when it is asked again', async () => {
    const operationId = randomUUID();
    const late = envelopeOf({ operationId, requestHash: 'h', deadline: Date.now() - 1 });
    expect(await problemOf(inbox.once(writeNote, late, write('a')))).toMatchObject({
      kind: 'unavailable',
      code: 'timeout',
    });
    expect(await stored(operationId)).toEqual({ outcome: 'expired', answer: null });
    expect(await notes()).toBe(0);
    const note = await inbox.once(writeNote, envelopeOf({ operationId, requestHash: 'h' }), write('b'));
    expect(await stored(operationId)).toEqual({ outcome: 'answered', answer: JSON.stringify(note) });
    expect(await notes()).toBe(1);
  });

  it('undoes work that was not finished before the deadline', async () => {
    const operationId = randomUUID();
    const envelope = envelopeOf({ operationId, deadline: Date.now() + 200 });
    const slow = inbox.once(writeNote, envelope, async (tx) => {
      const note = await write('a')(tx);
      await tx.manager.query('select pg_sleep(0.25)');
      return note;
    });
    expect(await problemOf(slow)).toMatchObject({ kind: 'unavailable', code: 'timeout' });
    expect(await notes()).toBe(0);
    expect(await stored(operationId)).toEqual({ outcome: 'expired', answer: null });
  });

  it('gives the recorded answer to a delivery that is late but already done', async () => {
    const envelope = envelopeOf();
    const first = await inbox.once(writeNote, envelope, write('a'));
    expect(await inbox.once(writeNote, { ...envelope, deadline: Date.now() - 1 }, write('b'))).toEqual(first);
  });

  it('encrypts a recorded answer that holds a secret', async () => {
    const envelope = envelopeOf();
    await inbox.once(issueToken, envelope, () => Promise.resolve({ token: 'planted-secret' }));
    expect(JSON.stringify(await stored(envelope.operationId))).not.toContain('planted-secret');
    expect(await inbox.once(issueToken, envelope, () => Promise.reject(new Error('run twice')))).toEqual({
      token: 'planted-secret',
    });
  });

  it('handles an event once', async () => {
    const envelope = envelopeOf();
    const work = async (tx: Tx): Promise<void> => void (await write('a')(tx));
    await inbox.once(noteWritten, envelope, work);
    await inbox.once(noteWritten, { ...envelope }, work);
    expect(await notes()).toBe(1);
  });

  it('leaves nothing behind when the work fails, so that the next delivery runs it', async () => {
    const envelope = envelopeOf();
    const failing = inbox.once(writeNote, envelope, async (tx) => {
      await write('a')(tx);
      throw new Error('a defect');
    });
    await expect(failing).rejects.toThrow('a defect');
    await inbox.once(writeNote, envelope, write('b'));
    expect(await notes()).toBe(1);
  });

  it('asks for another delivery when the connection breaks before the commit', async () => {
    const envelope = envelopeOf();
    const broken = inbox.once(writeNote, envelope, async (tx) => {
      const note = await write('a')(tx);
      await tx.manager.query('select pg_terminate_backend(pg_backend_pid())');
      return note;
    });
    await expect(broken).rejects.toBeInstanceOf(Transient);
    await inbox.once(writeNote, { ...envelope }, write('b'));
    expect(await notes()).toBe(1);
  });

  it('refuses two commands under one operation id', async () => {
    const envelope = envelopeOf();
    await inbox.once(writeNote, envelope, write('a'));
    await expect(inbox.once(eraseNotes, envelope, () => Promise.resolve())).rejects.toThrow(
      'each needs an id of its own',
    );
  });

  it('refuses to store an event that breaks its class, with the change', async () => {
    const invalid = inbox.once(writeNote, envelopeOf(), async (tx) => {
      const note = await write('a')(tx);
      await tx.outbox.add(noteWritten, { text: 'x'.repeat(101) });
      return note;
    });
    await expect(invalid).rejects.toThrow('evt.catalog.note.written.v1 is not as its class declares: text (length)');
    expect(await notes()).toBe(0);
  });
});
