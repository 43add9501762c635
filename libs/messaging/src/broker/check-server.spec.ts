import { describe, expect, it } from 'vitest';

import { serversOf } from './broker.js';
import { checkServer, MIN_MAX_PAYLOAD, UnsuitableServerError } from './check-server.js';

describe('the server of NATS_URL', () => {
  const server =
    (version: string, max_payload = MIN_MAX_PAYLOAD) =>
    () =>
      checkServer({ version, max_payload });

  it.each(['2.12.7', '2.12.12', '2.14.0', '2.15.1', '3.0.0'])('may be %s', (version) => {
    expect(server(version)).not.toThrow();
  });

  it.each(['2.9.25', '2.11.99', '2.12.6', '2.13.0', 'unknown'])('may not be %s', (version) => {
    expect(server(version)).toThrow(UnsuitableServerError);
    expect(server(version)).toThrow(/NATS_URL names nats-server .* needs 2.12.7 or newer of 2.12, or 2.14 and later/);
  });

  it('must take messages of 2 MiB', () => {
    expect(server('2.15.1', 1024 * 1024)).toThrow(/allows messages of 1048576 bytes.*raise its max_payload/);
  });

  it('is told apart from its user', () => {
    expect(serversOf('nats://kim:p%40ss@a.example:4222,nats://b.example:4223')).toEqual({
      servers: ['a.example:4222', 'b.example:4223'],
      user: 'kim',
      pass: 'p@ss',
    });
    expect(serversOf('nats://a.example')).toEqual({ servers: ['a.example'] });
    expect(serversOf('tls://a.example')).toEqual({ servers: ['a.example'], tls: {} });
  });
});
