// A name server for tests: answers questions for TXT records over UDP, from a table that the test changes as it goes.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const TXT = 16;
const INTERNET = 1;
const AUTHORITATIVE_ANSWER = 0x8400;
const NAME_ERROR = 3;
/** Where the question's own name stands, as an answer refers to it. */
const NAME_OF_QUESTION = 0xc00c;
const STRING_BYTES = 255;

export interface NameServer {
  /** As a resolver is configured: `127.0.0.1:<port>`. */
  readonly address: string;
  /** TXT values by name; a name that is not there does not exist. */
  readonly records: Map<string, readonly string[]>;
  /** The names that were asked for, in order. */
  readonly asked: readonly string[];
  /** While true it keeps silent. */
  silent: boolean;
  close(): Promise<void>;
}

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const asked: string[] = [];
  const server: NameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    asked,
    silent: false,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', (message, from) => {
    const { name, end } = questionOf(message);
    asked.push(name);
    if (!server.silent) socket.send(answer(message, end, server.records.get(name)), from.port, from.address);
  });
  return server;
}

function questionOf(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  // The end of the name, then type and class.
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function answer(message: Buffer, end: number, values: readonly string[] | undefined): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(AUTHORITATIVE_ANSWER | (values ? 0 : NAME_ERROR), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(values?.length ?? 0, 6);
  return Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...(values ?? []).map(record)]);
}

function record(value: string): Buffer {
  const strings = value.match(new RegExp(`[^]{1,${STRING_BYTES}}`, 'g')) ?? [''];
  const data = Buffer.concat(
    strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'ascii')])),
  );
  const head = Buffer.alloc(12);
  head.writeUInt16BE(NAME_OF_QUESTION, 0);
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(INTERNET, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
