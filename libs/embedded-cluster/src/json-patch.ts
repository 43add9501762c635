import { isDeepStrictEqual } from 'node:util';

import { isJsonObject, type Json, type JsonObject, textOf, wireCopy } from './objects.js';
import { StatusError } from './status-error.js';

/**
 * JSON patch, RFC 6902, as the real server carries it out: it takes a missing member of an object for null. Throws a 422 for an
 * operation that cannot be carried out.
 */
export function jsonPatch(target: Json, operations: readonly JsonObject[]): Json {
  let document: Json = wireCopy(target);
  for (const operation of operations) {
    const [path, from] = [textOf(operation.path), textOf(operation.from)];
    const value = wireCopy(operation.value ?? null);
    if (operation.op === 'test') {
      if (!isDeepStrictEqual(read(document, path), value)) throw refused();
    } else if (operation.op === 'remove') document = write(document, path, 'remove');
    else if (operation.op === 'replace') document = write(document, path, 'replace', value);
    else if (operation.op === 'add') document = write(document, path, 'add', value);
    else if (operation.op === 'copy') document = write(document, path, 'add', wireCopy(read(document, from)));
    else if (operation.op === 'move') {
      const moved = read(document, from);
      document = write(write(document, from, 'remove'), path, 'add', moved);
    } else throw refused();
  }
  return document;
}

function steps(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, path: string): Json {
  const way = steps(path);
  let value: Json | undefined = document;
  way.forEach((step, index) => {
    const isObject = isJsonObject(value);
    value = Array.isArray(value) ? value[Number(step)] : isJsonObject(value) ? value[step] : undefined;
    if (value === undefined && isObject && index === way.length - 1) value = null;
    if (value === undefined) throw refused();
  });
  return value;
}

function write(document: Json, path: string, how: 'add' | 'remove' | 'replace', value: Json = null): Json {
  const way = steps(path);
  const last = way.pop();
  if (last === undefined) return value;
  const parent = read(document, way.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    const end = how === 'add' ? parent.length : parent.length - 1;
    if (!Number.isInteger(index) || index < 0 || index > end) throw refused();
    if (how === 'remove') parent.splice(index, 1);
    else parent.splice(index, how === 'add' ? 0 : 1, value);
  } else if (isJsonObject(parent)) {
    if (how === 'remove' && parent[last] === undefined) throw refused();
    if (how === 'remove') delete parent[last];
    else parent[last] = value;
  } else throw refused();
  return document;
}

/** The real server keeps to itself what was wrong. */
function refused(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}
