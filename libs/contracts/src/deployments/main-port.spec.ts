import { describe, expect, it } from 'vitest';

import type { Port } from './deployments.v1.js';
import { mainPortOf } from './main-port.js';

const port = (external: number, more: Partial<Port> = {}): Port => ({
  protocol: 'tcp',
  external,
  internal: external,
  published: false,
  ...more,
});

describe('mainPortOf', () => {
  it.each([
    ['the first that is published', [port(1), port(2, { published: true }), port(3, { published: true })], 2],
    ['the first where none is', [port(1), port(2)], 1],
    ['no udp port, published or not', [port(1, { protocol: 'udp', published: true }), port(2)], 2],
    ['none without a tcp port', [port(1, { protocol: 'udp' })], undefined],
  ])('is %s', (_, ports, external) => expect(mainPortOf(ports)?.external).toBe(external));
});
