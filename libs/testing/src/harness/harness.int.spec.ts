import { readFileSync } from 'node:fs';

import { Refusal } from '@slipway/messaging';
import { assertNoDrift } from '@slipway/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { actor } from '../actor.js';
import {
  countNotes,
  migrations,
  NoteEntity,
  noteOperations,
  notes,
  noteWritten,
  userLeft,
  writeNote,
} from '../fixture/notes-service.js';
import { type Harness, startHarness } from './harness.js';

const secret = 'open sesame';

describe('startHarness', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ service: notes, migrations, operations: noteOperations });
  });
  afterAll(() => harness.close());

  it('executes a command as its sender does, sealed fields included', async () => {
    const author = actor({ username: 'ann' });
    const view = await harness.execute(writeNote, { text: 'executed', secret }, { actor: author });
    expect(view).toMatchObject({ text: 'executed', author: 'ann' });
    expect(await harness.rows(NoteEntity, { id: view.id })).toEqual([view]);
    expect(await harness.outbox(noteWritten)).toContainEqual({ text: 'executed' });
  });

  it('sees the event come out of the broker, caused by the command', async () => {
    const message = harness.message(writeNote, { text: 'caused', secret });
    await harness.deliver(message);
    const [event] = (await harness.events(noteWritten)).filter(({ payload }) => payload.text === 'caused');
    expect(event?.envelope).toMatchObject({
      causationId: message.envelope.messageId,
      correlationId: message.envelope.correlationId,
      actor: message.envelope.actor,
    });
    expect(event?.envelope.operationId).toBe(event?.envelope.messageId);
  });

  it('throws a refusal, from the broker and from a delivery by hand', async () => {
    await expect(harness.execute(writeNote, { text: '', secret })).rejects.toBeInstanceOf(Refusal);
    await expect(harness.deliver(harness.message(writeNote, { text: '', secret }))).rejects.toBeInstanceOf(Refusal);
  });

  it('takes effect once when a command is delivered twice', async () => {
    const command = harness.message(writeNote, { text: 'twice', secret });
    const [first, second] = [await harness.deliver(command), await harness.deliver(command)];
    expect(second).toEqual(first);
    expect(await harness.rows(NoteEntity, { text: 'twice' })).toHaveLength(1);
  });

  it('answers a second request under one key with the recorded answer, and says so', async () => {
    const call = { operationId: 'key-1', requestHash: 'h' };
    const first = await harness.call(writeNote, { text: 'keyed', secret }, call);
    const second = await harness.call(writeNote, { text: 'keyed', secret }, call);
    expect([first.replayed, second.replayed]).toEqual([false, true]);
    expect(second.output).toEqual(first.output);
  });

  it('asks queries', async () => {
    const { count } = await harness.query(countNotes, {});
    expect(count).toBe((await harness.rows(NoteEntity)).length);
  });

  it('publishes an event of another service and waits until it is handled', async () => {
    await harness.publish(userLeft, { text: 'left' });
    expect(await harness.rows(NoteEntity, { text: 'left' })).toHaveLength(1);
  });

  it('runs again over its database after a stop', async () => {
    const before = await harness.query(countNotes, {});
    await harness.stop();
    await harness.start();
    expect(await harness.query(countNotes, {})).toEqual(before);
  });

  it('commits while the broker is away, and the event leaves when it is back', async () => {
    await harness.haltBroker();
    await harness.deliver(harness.message(writeNote, { text: 'while away', secret }));
    await harness.resumeBroker();
    const texts = (await harness.events(noteWritten)).map(({ payload }) => payload.text);
    expect(texts.filter((text) => text === 'while away')).toHaveLength(1);
    expect((await harness.query(countNotes, {})).count).toBeGreaterThan(0);
  });

  it('finds no difference between entities and migrations', async () => {
    await assertNoDrift(harness.dataSource);
  });

  it('keeps secrets out of the log', () => {
    expect(readFileSync(harness.logFile, 'utf8')).not.toContain(secret);
  });
});
