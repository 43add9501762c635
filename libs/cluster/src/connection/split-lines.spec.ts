import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { splitLines } from './split-lines.js';

async function split(chunks: (string | Buffer)[], maxLength = 100): Promise<string[]> {
  const lines: string[] = [];
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk))) as AsyncIterable<Buffer>;
  for await (const line of splitLines(source, maxLength)) {
    lines.push(line);
  }
  return lines;
}

describe('splitLines', () => {
  it('joins what chunks cut, characters included', async () => {
    const text = Buffer.from('grüße 🚢\nzwei\n');
    const bytes = Array.from(text, (byte) => Buffer.from([byte]));
    expect(await split(bytes)).toEqual(['grüße 🚢', 'zwei']);
  });

  it('gives the last line without its end, and empty lines', async () => {
    expect(await split(['a\n\nb'])).toEqual(['a', '', 'b']);
    expect(await split([])).toEqual([]);
  });

  it('cuts a line without end into pieces', async () => {
    expect(await split(['x'.repeat(150), 'x'.repeat(100), '\ny'])).toEqual([
      'x'.repeat(100),
      'x'.repeat(100),
      'x'.repeat(50),
      'y',
    ]);
  });
});
