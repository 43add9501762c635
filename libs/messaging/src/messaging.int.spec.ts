import { problem } from '@slipway/contracts';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { find, greet, greeted, poke, unhandled, type Greeting } from './fixture/operations.js';
import {
  controllersOf,
  provisionFixture,
  startNats,
  startTestService,
  type Script,
  type TestNats,
  type TestService,
} from './fixture/service.js';
import { Refusal } from './refusal.js';
import { generateSealKeyPair } from './sealing/seal-keys.js';

const call = () => ({ correlationId: randomUUID() });

describe('messages', () => {
  let nats: TestNats;
  let script: { [name in keyof Script]: ReturnType<typeof vi.fn<Script[name]>> };
  const services: TestService[] = [];

  const start = async (service: 'catalog' | 'gateway'): Promise<TestService> => {
    const keys = generateSealKeyPair();
    const started = await startTestService(
      { natsUrl: nats.url, service, sealPublicKeys: `catalog:${keys.publicKey}`, sealPrivateKeys: keys.privateKey },
      service === 'catalog' ? controllersOf(script) : [],
    );
    services.push(started);
    await started.ready;
    return started;
  };

  beforeEach(async () => {
    nats = await startNats();
    await provisionFixture(nats.url);
    script = {
      greet: vi.fn((input) => Promise.resolve({ text: `Hello ${input.name}` } as Greeting)),
      poke: vi.fn(() => Promise.resolve()),
      find: vi.fn((input) => Promise.resolve({ text: `Found ${input.name}` } as Greeting)),
      greeted: vi.fn(() => Promise.resolve()),
    };
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.close();
    await nats.stop();
  });

  it('bring a command to its handler and the answer back', async () => {
    const { bus } = await start('catalog');
    await expect(bus.execute(greet, { name: 'Kim' }, call())).resolves.toEqual({
      output: { text: 'Hello Kim' },
      replayed: false,
    });
    await expect(bus.execute(poke, { name: 'Kim' }, call())).resolves.toEqual({ output: undefined, replayed: false });
  });

  it('bring a query to its handler and the answer back', async () => {
    const { bus } = await start('catalog');
    await expect(bus.query(find, { name: 'Kim' }, call())).resolves.toEqual({ text: 'Found Kim' });
  });

  it('bring an event to its listener', async () => {
    const { publisher } = await start('catalog');
    const id = randomUUID();
    await publisher.publish({
      subject: greeted.subject,
      id,
      envelope: { correlationId: 'c' },
      payload: { name: 'Kim' },
    });
    await vi.waitFor(() => expect(script.greeted).toHaveBeenCalledTimes(1));
    expect(script.greeted.mock.calls[0]).toMatchObject([
      { name: 'Kim' },
      { messageId: id, operationId: id, correlationId: 'c' },
    ]);
  });

  it('bring refusals back as they were thrown', async () => {
    const { bus } = await start('catalog');
    script.greet.mockRejectedValue(new Refusal(problem.conflict('app', 'No.', { code: 'stopped' })));
    const refused = bus.execute(greet, { name: 'Kim' }, call());
    await expect(refused).rejects.toBeInstanceOf(Refusal);
    await expect(refused).rejects.toMatchObject({ problem: { kind: 'conflict', code: 'stopped', text: 'No.' } });
  });

  it('are refused with issues when the input breaks a rule', async () => {
    const { bus } = await start('catalog');
    await expect(bus.execute(greet, { name: '' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', issues: [{ path: 'name', rule: 'length', kind: 'value' }] },
    });
    expect(script.greet).not.toHaveBeenCalled();
  });

  it('that nobody handles are answered and become dead letters', async () => {
    const { bus } = await start('catalog');
    await expect(bus.execute(unhandled, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'not_implemented' },
    });
  });
});
