// Reads the body of a request as the real server does: media type, syntax, kind, fields. Every refusal has its words.
import { parse } from 'yaml';

import { decode, DecodeError } from './decode.js';
import { apiVersionOf, findKindOfObject, type Kind } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, textOf } from './objects.js';
import type { FieldValidation } from './options.js';
import { definition, type Shape, shapeOf } from './schema.js';
import { badRequest, StatusError, unsupportedMediaType } from './status-error.js';

/** What an object is read as: a served kind, or a type that is part of one's subresource. */
export type WantedKind = Pick<Kind, 'kind' | 'group' | 'version'>;

export const scaleKind: WantedKind = { kind: 'Scale', group: 'autoscaling', version: 'v1' };

export interface ReadBody {
  readonly object: JsonObject;
  /** For the header Warning. */
  readonly warnings: readonly string[];
}

const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The object in the body of a create or a replace. */
export function readObject(
  body: string,
  contentType: string,
  wanted: WantedKind,
  validation: FieldValidation,
): ReadBody {
  if (!isObjectType(contentType)) throw unsupportedMediaType(bodyTypes);
  let object: JsonObject;
  try {
    object = parseFields(body, contentType);
  } catch (error) {
    const prefix = contentType === 'application/yaml' ? '' : "couldn't get version/kind; json parse error: ";
    throw badRequest(
      `the object provided is unrecognized (must be of type ${wanted.kind}): ${prefix}${(error as Error).message} (${summary(body)})`,
    );
  }
  checkKind(object, wanted);
  const where = `${wanted.kind} in version ${JSON.stringify(wanted.version)} cannot be handled as a ${wanted.kind}: `;
  try {
    return checked(object, shapeOfKind(wanted), validation);
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(where + error.message);
    if (error instanceof StrictError) throw badRequest(where + error.message);
    throw error;
  }
}

/** The fields of a body; none of `null`. */
function parseFields(body: string, contentType: string): JsonObject {
  const value = contentType === 'application/yaml' ? parseYaml(body) : parseJson(body);
  if (value === null) return {};
  if (!isJsonObject(value)) throw new SyntaxError(notAnObject(value, typeHeader));
  return value;
}

export function shapeOfKind({ kind, group, version }: WantedKind): Shape {
  return shapeOf({ apiVersion: group ? `${group}/${version}` : version, kind });
}

/** Unknown fields are refused when validation is strict. */
export class StrictError extends Error {}

/** Throws DecodeError or StrictError. */
export function checked(object: JsonObject, shape: Shape, validation: FieldValidation): ReadBody {
  const { object: read, unknown } = decode(object, shape);
  const complaints = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (validation === 'Strict' && complaints.length)
    throw new StrictError(`strict decoding error: ${complaints.join(', ')}`);
  return { object: read, warnings: validation === 'Warn' ? complaints : [] };
}

function checkKind(object: JsonObject, wanted: WantedKind): void {
  const apiVersion = textOf(object.apiVersion) || apiVersionOf(wanted as Kind);
  const kind = textOf(object.kind) || wanted.kind;
  if (kind === wanted.kind && apiVersion === apiVersionOf(wanted as Kind)) return;
  const version = apiVersion.split('/').at(-1) ?? '';
  const where = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${wanted.kind}: `;
  if (!findKindOfObject(apiVersion, kind)) throw badRequest(where + notRegistered(kind, apiVersion));
  const internal = `${wanted.group.split('.')[0] || 'core'}.${wanted.kind}`;
  throw badRequest(`${where}converting (${version}.${kind}) to (${internal}): unknown conversion`);
}

export function notRegistered(kind: string, apiVersion: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
}

/** The DeleteOptions in the body of a deletion; empty without a body. */
export function readDeleteOptions(body: string, contentType: string): JsonObject {
  if (body === '') return {};
  if (!isObjectType(contentType)) throw unsupportedMediaType(bodyTypes);
  let object: JsonObject;
  try {
    object = parseFields(body, contentType);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  const kind = textOf(object.kind) || 'DeleteOptions';
  if (kind !== 'DeleteOptions') throw badRequest(notRegistered(kind, textOf(object.apiVersion)));
  try {
    return decode(object, definition('meta.v1.DeleteOptions')).object;
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message);
    throw error;
  }
}

/** A merge patch: an object. */
export function readMergePatch(body: string): JsonObject {
  return readPatch(body, 'error decoding patch: ');
}

export function readStrategicPatch(body: string): JsonObject {
  return readPatch(body, '');
}

export function readJsonPatch(body: string): JsonObject[] {
  return decodingPatch('error decoding patch: ', () => {
    const value = parseJson(body);
    if (!Array.isArray(value)) throw new SyntaxError(notAnObject(value, '[]handlers.jsonPatchOp'));
    return value.filter(isJsonObject);
  });
}

/** What is applied, in YAML or JSON. */
export function readApplication(body: string): JsonObject {
  let value: Json;
  try {
    value = parseYaml(body);
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`);
  }
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: ${notAnObject(value, 'map[string]interface {}')}`,
  );
}

function readPatch(body: string, prefix: string): JsonObject {
  return decodingPatch(prefix, () => {
    const value = parseJson(body);
    if (value === null) return {};
    if (!isJsonObject(value)) throw new SyntaxError(notAnObject(value, 'map[string]interface {}'));
    return value;
  });
}

function decodingPatch<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(prefix + (error as Error).message);
  }
}

function isObjectType(contentType: string): boolean {
  return contentType === '' || contentType === 'application/json' || contentType === 'application/yaml';
}

const typeHeader =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function notAnObject(value: Json, goType: string): string {
  const given = Array.isArray(value)
    ? 'array'
    : isJsonObject(value)
      ? 'object'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  return `json: cannot unmarshal ${given} into Go value of type ${goType}`;
}

/** Throws in the words of Go's parser. */
function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    if (position === undefined || Number(position) >= text.length) {
      throw new SyntaxError('unexpected end of JSON input', { cause: error });
    }
    const character = text[Number(position)] ?? '';
    throw new SyntaxError(`invalid character '${character}' looking for beginning of value`, { cause: error });
  }
}

function parseYaml(text: string): Json {
  try {
    return (parse(text) ?? null) as Json;
  } catch (error) {
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line ?? 1;
    throw new SyntaxError(`yaml: line ${line}: did not find expected node content`, { cause: error });
  }
}

/** What was sent, as the real server quotes it: text that looks like an object, and bytes of anything else. */
function summary(body: string): string {
  if (body === '') return '<empty>';
  const bytes = Buffer.from(body);
  const shown = bytes.subarray(0, 30);
  return (body.startsWith('{') ? shown.toString() : shown.toString('hex')) + (bytes.length > 30 ? ' ...' : '');
}
