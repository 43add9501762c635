import { describe, expect, it } from 'vitest';

import { cutMessage } from './cut-message.js';

describe('cutMessage', () => {
  it('leaves a message of 64 KiB whole', () => {
    const text = 'x'.repeat(65_536);
    expect(cutMessage(text)).toEqual({ message: text, truncated: false });
  });

  it('cuts what is longer and says so', () => {
    expect(cutMessage('x'.repeat(65_537))).toEqual({ message: 'x'.repeat(65_536), truncated: true });
  });

  it.each([
    ['éé', 3, 'é'],
    ['a€€', 5, 'a€'],
    ['😀😀', 7, '😀'],
    ['😀', 3, ''],
    ['ab', 1, 'a'],
  ])('never cuts through a character: %s at %i bytes is %s', (text, maxBytes, message) =>
    expect(cutMessage(text, maxBytes)).toEqual({ message, truncated: true }),
  );

  it('counts bytes, not characters', () => {
    const { message, truncated } = cutMessage('€'.repeat(30_000));
    expect(truncated).toBe(true);
    expect(Buffer.byteLength(message)).toBe(65_535);
  });
});
