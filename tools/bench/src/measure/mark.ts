// What is sent carries its number and the moment at which it was due, so that whoever gets it can tell how late it is and what is missing.
// The form passes as the name of an App, as a line of a log and in JSON.
const PREFIX = 'mark-';
const PREFIX_BYTES = Buffer.from(PREFIX);
const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** @param planned on the clock of `now()` */
export function markOf(index: number, planned: number): string {
  return `${PREFIX}${index}-${Math.round(planned * 1000)}`;
}

export interface Mark {
  readonly index: number;
  readonly planned: number;
}

/** The first mark in a message, which may be anything around it. Undefined where there is none. */
export function readMark(message: Buffer): Mark | undefined {
  const begin = message.indexOf(PREFIX_BYTES);
  if (begin < 0) return undefined;
  const [index, end] = digitsOf(message, begin + PREFIX_BYTES.length);
  if (message[end] !== DASH) return undefined;
  const [plannedUs] = digitsOf(message, end + 1);
  return { index, planned: plannedUs / 1000 };
}

function digitsOf(message: Buffer, from: number): [value: number, end: number] {
  let value = 0;
  let at = from;
  for (let byte = message[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = message[++at])
    value = value * 10 + byte - ZERO;
  return [value, at];
}
