import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts chunks into lines; characters may straddle chunks. A line longer than `maxLength` characters comes in pieces, so that a
 * stream without line ends takes no more memory than that.
 */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxLength: number,
): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    while (rest.length > maxLength) {
      yield rest.slice(0, maxLength);
      rest = rest.slice(maxLength);
    }
  }
  rest += decoder.end();
  if (rest !== '') {
    yield rest;
  }
}
