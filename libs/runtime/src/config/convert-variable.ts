import type { KeyValue, VariableType, VariableValue } from './variable.js';

export type Conversion = { ok: true; value: VariableValue } | { ok: false; expected: string };

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/** Turns the text of a variable into a value of its declared type. */
export function convertVariable(type: VariableType, text: string): Conversion {
  switch (type) {
    case 'string':
      return { ok: true, value: text };
    case 'integer':
      return toInteger(text.trim());
    case 'boolean':
      return toBoolean(text.trim().toLowerCase());
    case 'list':
      return { ok: true, value: Object.freeze(entriesOf(text)) };
    case 'keyValueList':
      return toKeyValues(entriesOf(text));
  }
}

function toInteger(text: string): Conversion {
  const value = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)
    ? { ok: true, value }
    : { ok: false, expected: 'an integer' };
}

function toBoolean(text: string): Conversion {
  if (TRUE.includes(text)) return { ok: true, value: true };
  if (FALSE.includes(text)) return { ok: true, value: false };
  return { ok: false, expected: 'true or false' };
}

// Only the first colon divides, so a value may hold colons (base64 holds none, addresses do).
function toKeyValues(entries: string[]): Conversion {
  const pairs: KeyValue[] = [];
  for (const entry of entries) {
    const colon = entry.indexOf(':');
    if (colon < 1) return { ok: false, expected: 'a list of <key>:<value> divided by commas' };
    const pair = { key: entry.slice(0, colon).trim(), value: entry.slice(colon + 1).trim() };
    if (pairs.some(({ key }) => key === pair.key)) return { ok: false, expected: `a list that names each key once` };
    pairs.push(Object.freeze(pair));
  }
  return { ok: true, value: Object.freeze(pairs) };
}

function entriesOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
