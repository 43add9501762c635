import { isAlias, isMap, isScalar, parseAllDocuments, visit, type Document } from 'yaml';

const MAX_BYTES = 512 * 1024;
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;

/**
 * Parses one YAML (or JSON) document of at most 512 KiB, 100 aliases also after expansion and 32 levels, without tags and without
 * repeated keys. Throws an Error whose message says which limit was passed.
 */
export function parseYaml(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new Error('is larger than 512 KiB');
  }
  if (nestsTooDeep(text)) {
    throw new Error(`nests deeper than ${MAX_DEPTH} levels`);
  }
  // The parser's own check of unique keys compares every pair of keys, which takes seconds for a hostile map: checked below.
  const documents = parseAllDocuments(text, {
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const document = 'empty' in documents ? undefined : documents[0];
  if (document === undefined) {
    throw new Error('is empty');
  }
  if (documents.length > 1) {
    throw new Error('holds more than one document');
  }
  if (document.errors.length > 0) {
    throw new Error('is not valid YAML');
  }
  checkNodes(document);
  return document.toJS({ maxAliasCount: MAX_ALIASES });
}

function checkNodes(document: Document.Parsed): void {
  let aliases = 0;
  visit(document, {
    Node: (_key, node, path) => {
      if (path.length > MAX_DEPTH * 2) {
        throw new Error(`nests deeper than ${MAX_DEPTH} levels`);
      }
      if (isAlias(node)) {
        aliases += 1;
        if (aliases > MAX_ALIASES) {
          throw new Error(`has more than ${MAX_ALIASES} aliases`);
        }
      } else if (node.tag !== undefined) {
        throw new Error(`has a tag (${node.tag})`);
      }
      if (isMap(node)) {
        const keys = new Set<unknown>();
        for (const { key } of node.items) {
          if (!isScalar(key)) {
            throw new Error('has a key that is not plain text');
          }
          if (keys.has(String(key.value))) {
            throw new Error(`repeats the key ${JSON.stringify(String(key.value))}`);
          }
          keys.add(String(key.value));
        }
      }
    },
  });
  if (document.warnings.length > 0) {
    throw new Error('has a tag or directive that is not allowed');
  }
}

// Flow collections nest by one character each: half a megabyte of brackets overflows the parser's stack before any node exists.
// Brackets inside quoted text count too, and harmlessly: no kubeconfig opens more than a few without closing them.
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') {
      depth += 1;
      if (depth > MAX_DEPTH) {
        return true;
      }
    } else if ((character === ']' || character === '}') && depth > 0) {
      depth -= 1;
    }
  }
  return false;
}
