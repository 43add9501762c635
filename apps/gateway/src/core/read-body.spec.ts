import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { ClientGoneError, BodyTooLargeError, readBody } from './read-body.js';

function body(...chunks: string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

describe('readBody', () => {
  it('reads up to the limit', async () => {
    const stream = body('abc', 'de');
    stream.end();
    expect((await readBody(stream, 5, 5)).toString()).toBe('abcde');
  });

  it('refuses an announced length without reading', async () => {
    await expect(readBody(body(), 6, 5)).rejects.toThrow(BodyTooLargeError);
  });

  it('refuses what is longer than announced', async () => {
    await expect(readBody(body('abc', 'def'), 0, 5)).rejects.toThrow(BodyTooLargeError);
  });

  it('tells a body that was cut short from one that ended', async () => {
    const stream = body('abc');
    const read = readBody(stream, 5, 5);
    stream.destroy();
    await expect(read).rejects.toThrow(ClientGoneError);
  });
});
