// Secrets and ConfigMaps: their keys, their size, and what may not change.
import { isDeepStrictEqual } from 'node:util';

import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf } from './objects.js';
import { invalidValue, type Report } from './reports.js';

const dataLimit = 1024 * 1024;
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/** What a Secret of a known type must hold. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

export function checkSecret(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const { data, type } = object as JsonObject;
  const before = (previous as JsonObject | undefined)?.type;
  if (previous && type !== before) report('type', invalidValue(type, 'field is immutable'));
  checkImmutable(object, previous, report);
  checkKeys(data, 'data', report);
  checkSize(object, 'data', report);
  const held = isJsonObject(data) ? data : {};
  for (const key of requiredKeys[textOf(type)] ?? []) {
    if (held[key] === undefined) report(`data[${key}]`, 'Required value', 'FieldValueRequired');
  }
  if (type === 'kubernetes.io/basic-auth' && held.username === undefined && held.password === undefined) {
    for (const key of ['username', 'password']) report(`data[${key}]`, 'Required value', 'FieldValueRequired');
  }
}

export function checkConfigMap(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const { data, binaryData } = object as JsonObject;
  checkImmutable(object, previous, report);
  checkKeys(data, 'data', report);
  checkKeys(binaryData, 'binaryData', report);
  for (const key of Object.keys(isJsonObject(data) ? data : {})) {
    if (!isJsonObject(binaryData) || binaryData[key] === undefined) continue;
    report(`data[${key}]`, invalidValue(key, 'duplicate of key present in binaryData'));
  }
  checkSize(object, '[]', report);
}

function checkKeys(data: Json | undefined, field: string, report: Report): void {
  for (const key of Object.keys(isJsonObject(data) ? data : {})) {
    const wrong =
      key.length > 253 ? 'must be no more than 253 characters' : /^[-._a-zA-Z0-9]+$/.test(key) ? '' : keyText;
    if (wrong) report(`${field}[${key}]`, invalidValue(key, wrong));
  }
}

function checkSize(object: KubeObject, field: string, report: Report): void {
  const { data, binaryData } = object as JsonObject;
  const sizes = [data, binaryData].flatMap((part) =>
    Object.values(isJsonObject(part) ? part : {}).map((value) => Buffer.byteLength(textOf(value))),
  );
  if (sizes.reduce((sum, size) => sum + size, 0) <= dataLimit) return;
  report(field, `Too long: may not be more than ${dataLimit} bytes`, 'FieldValueTooLong');
}

function checkImmutable(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const before = previous as JsonObject | undefined;
  if (before?.immutable !== true) return;
  const after = object as JsonObject;
  for (const field of ['immutable', 'data', 'binaryData']) {
    if (isDeepStrictEqual(before[field], after[field])) continue;
    report(field, 'Forbidden: field is immutable when `immutable` is set', 'FieldValueForbidden');
  }
}
