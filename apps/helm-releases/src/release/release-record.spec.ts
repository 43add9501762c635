import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { decodeRecord, MAX_RECORD_BYTES } from './release-record.js';

const release = { name: 'ledger', version: 2, manifest: '# – ✓\n' };
const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64');

describe('a record', () => {
  it('is read zipped, as Helm writes it, and plain', async () => {
    await expect(decodeRecord(base64(gzipSync(JSON.stringify(release))))).resolves.toEqual(release);
    await expect(decodeRecord(base64(JSON.stringify(release)))).resolves.toEqual(release);
  });

  it.each([
    ['empty', '', /empty/],
    ['no base64', '***', /no base64/],
    ['broken gzip', base64(gzipSync('{}').subarray(0, 15)), /gzip is broken/],
    ['no JSON', base64(gzipSync('{"name":')), /no JSON/],
    ['a list', base64('[]'), /no JSON object/],
    ['null', base64('null'), /no JSON object/],
    ['a bomb', base64(gzipSync(Buffer.alloc(MAX_RECORD_BYTES + 1, 0x20))), /more than 33554432 bytes/],
    ['too large as it is', base64(Buffer.alloc(MAX_RECORD_BYTES + 1, 0x20)), /more than 33554432 bytes/],
  ])('that is %s is undecodable, and says why', async (_, text, why) => {
    await expect(decodeRecord(text)).rejects.toMatchObject({
      name: 'UndecodableRecord',
      message: expect.stringMatching(why) as string,
    });
  });
});
