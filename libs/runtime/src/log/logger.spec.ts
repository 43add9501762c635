import { describe, expect, it } from 'vitest';

import { withLogContext } from './log-context.js';
import { createLogger, createServiceLogger, type LogLevel } from './logger.js';
import { nestLogger } from './nest-logger.js';

function recording(level: LogLevel = 'info') {
  const written: string[] = [];
  const root = createLogger({ level, destination: { write: (line: string) => void written.push(line) } });
  return {
    root,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('Logger', () => {
  it('writes a JSON line with time, level, service and fields', () => {
    const { root, lines } = recording();
    createServiceLogger(root, 'identity').info('user registered', { userId: 'u1' });
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        service: 'identity',
        userId: 'u1',
        msg: 'user registered',
      },
    ]);
  });

  it('writes nothing below its level', () => {
    const { root, lines } = recording('warn');
    root.info('quiet');
    root.warn('loud');
    expect(lines().map(({ msg }) => msg)).toEqual(['loud']);
  });

  it('adds the fields of the work that it is part of, across awaits and nested', async () => {
    const { root, lines } = recording();
    await withLogContext({ requestId: 'r1' }, async () => {
      await Promise.resolve();
      await withLogContext({ operationId: 'o1' }, async () => {
        await Promise.resolve();
        root.info('inside');
      });
      root.info('between');
    });
    root.info('outside');
    expect(lines().map(({ msg, requestId, operationId }) => [msg, requestId, operationId])).toEqual([
      ['inside', 'r1', 'o1'],
      ['between', 'r1', undefined],
      ['outside', undefined, undefined],
    ]);
  });

  it.each([
    ['a field', { password: 'hunter2' }],
    ['another spelling', { 'X-Api-Key': 'hunter2', refresh_tokens: ['hunter2'], rawKubeConfig: 'hunter2' }],
    ['any depth', { request: { headers: [{ Authorization: 'hunter2', cookie: 'hunter2' }] } }],
    ['a connection string', { url: 'postgres://identity:hunter2@db/slipway' }],
    ['a header inside a text', { text: 'sent Bearer hunter2hunter2' }],
    ['an error and its causes', { err: new Error('a', { cause: new Error('redis://x:hunter2@y') }) }],
    ['what an error carries beside', { err: Object.assign(new Error('query failed'), { parameters: ['hunter2'] }) }],
  ])('redacts a secret in %s', (_where, fields) => {
    const { root, text } = recording();
    root.error('failed', fields);
    root.child(fields).error('failed');
    expect(text()).not.toContain('hunter2');
  });

  it('redacts the message too', () => {
    const { root, text } = recording();
    root.info('connecting to nats://slipway:hunter2@broker:4222');
    expect(text()).toContain('nats://slipway:[redacted]@broker:4222');
  });

  it('tells type, message, stack, code and cause of an error', () => {
    const { root, lines } = recording();
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED' });
    root.error('failed', { err: new Error('outer', { cause }) });
    expect(lines()[0]?.err).toMatchObject({
      type: 'Error',
      message: 'outer',
      stack: expect.stringContaining('logger.spec'),
      cause: { type: 'TypeError', message: 'inner', code: 'ECONNREFUSED' },
    });
  });

  it('keeps what is no secret', () => {
    const { root, lines } = recording();
    root.info('x', { credentialId: 'c1', tokenKind: 'session', passwordless: true, at: new Date(0), big: 12n });
    expect(lines()[0]).toMatchObject({ credentialId: 'c1', tokenKind: 'session', passwordless: true, big: '12' });
    expect(lines()[0]?.at).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('nestLogger', () => {
  it('writes the lines of the framework as slipway, its chatter as debug', () => {
    const { root, lines } = recording('debug');
    const nest = nestLogger(root);
    nest.log('Mapped {/v1}', 'RouterExplorer');
    nest.error('it broke', 'Error: it broke\n    at x', 'ExceptionsHandler');
    nest.error(new Error('thrown'));
    expect(lines()).toMatchObject([
      { level: 'debug', service: 'slipway', context: 'RouterExplorer', msg: 'Mapped {/v1}' },
      { level: 'error', context: 'ExceptionsHandler', stack: expect.stringContaining('at x') },
      { level: 'error', msg: 'thrown', err: { message: 'thrown' } },
    ]);
  });
});
