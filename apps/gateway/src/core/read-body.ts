import type { Readable } from 'node:stream';

/** The body has more bytes than its route admits. Its dialect words the 413. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';

  constructor(readonly limitBytes: number) {
    super(`the body has more than ${limitBytes} bytes`);
  }
}

/** The client went away, such as before it had sent all of the body. Nobody is left to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor() {
    super('the client went away');
  }
}

/**
 * Reads the body, which nothing has touched before: a caller without a credential is told so however large a body it announces.
 *
 * @throws BodyTooLargeError as soon as the announced or the received length is above the limit; the rest is not kept
 */
export async function readBody(request: Readable, announcedBytes: number, limitBytes: number): Promise<Buffer> {
  if (announcedBytes > limitBytes) throw new BodyTooLargeError(limitBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      act();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limitBytes) settle(() => reject(new BodyTooLargeError(limitBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, length)));
    const onCut = (): void => settle(() => reject(new ClientGoneError()));
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}
