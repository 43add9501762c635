// The manifest of a release: YAML documents, as Helm rendered them.
import type { KubeObject } from '@slipway/cluster';
import { parseAllDocuments } from 'yaml';

import { isJson } from '../release/release-record.js';

/** The manifest of a revision cannot be used; the message says why, and quotes nothing of it. */
export class UnusableManifest extends Error {
  override readonly name = 'UnusableManifest';
}

/** Its objects, in their order. Lists are taken apart; documents without content are left out. @throws UnusableManifest */
export function objectsOf(manifest: string): KubeObject[] {
  const documents = parseAllDocuments(manifest, { merge: true, logLevel: 'silent', prettyErrors: false });
  if ('empty' in documents) return [];
  return documents.flatMap((document, index) => {
    if (document.errors.length > 0) throw new UnusableManifest(`document ${index + 1} is not valid YAML`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value === null || value === undefined ? [] : parts(value, index + 1);
  });
}

function parts(value: unknown, document: number): KubeObject[] {
  if (isJson(value) && Array.isArray(value['items']) && String(value['kind']).endsWith('List'))
    return value['items'].flatMap((item: unknown) => parts(item, document));
  if (!isObject(value))
    throw new UnusableManifest(`document ${document} is no object with apiVersion, kind and a name`);
  return [value];
}

function isObject(value: unknown): value is KubeObject {
  if (!isJson(value) || typeof value['apiVersion'] !== 'string' || typeof value['kind'] !== 'string') return false;
  const { metadata } = value;
  return isJson(metadata) && typeof metadata['name'] === 'string' && metadata['name'] !== '';
}
