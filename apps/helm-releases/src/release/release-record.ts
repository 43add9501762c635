// How Helm 3 writes a release down: JSON, zipped, as base64. https://helm.sh/docs/topics/advanced/#storage-backends
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';

const unzip = promisify(gunzip);
const zip = promisify(gzip);

/** Of one release, as JSON. */
export const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);

export type Json = Record<string, unknown>;

/** The record cannot be read; the message says why, and quotes nothing of it. */
export class UndecodableRecord extends Error {
  override readonly name = 'UndecodableRecord';
}

/** The release in Helm's text: base64 of gzip of JSON, or of the JSON itself. @throws UndecodableRecord */
export async function decodeRecord(text: string): Promise<Json> {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0) throw new UndecodableRecord('it is empty, or no base64');
  const zipped = bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  const plain = zipped ? await inflate(bytes) : bytes;
  if (plain.length > MAX_RECORD_BYTES) throw tooLarge();
  try {
    const record: unknown = JSON.parse(plain.toString());
    if (isJson(record)) return record;
  } catch (error) {
    throw new UndecodableRecord('it is no JSON', { cause: error });
  }
  throw new UndecodableRecord('it is no JSON object');
}

async function inflate(bytes: Buffer): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_RECORD_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw new UndecodableRecord('its gzip is broken', { cause: error });
  }
}

function tooLarge(): UndecodableRecord {
  return new UndecodableRecord(`it has more than ${MAX_RECORD_BYTES} bytes`);
}

/** The text that Helm stores of a release. */
export async function encodeRecord(record: Json): Promise<string> {
  return (await zip(JSON.stringify(record), { level: constants.Z_BEST_COMPRESSION })).toString('base64');
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
