const REDACTED = '[redacted]';
const MAX_DEPTH = 8;
const MAX_CAUSES = 4;

// Compared with the end of a key without case, separators and plural: `apiKey`, `api_keys` and `X-Api-Key` are one.
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'token',
  'secret',
  'apikey',
  'privatekey',
  'encryptionkey',
  'kubeconfig',
  'variable',
  'registryauth',
  'databaseurl',
];

/**
 * A copy of `value` that may be written to a log: values under a secret's name are replaced, credentials inside texts
 * too, errors become their type, message, stack, code and causes. An error's other properties are left out on purpose:
 * TypeORM puts a statement's parameters there.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, 0);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1));
  if (value instanceof Map || value instanceof Set) return redact([...value], depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      isSecretKey(key) && entry !== undefined && entry !== null ? REDACTED : redact(entry, depth + 1),
    ]),
  );
}

/** Replaces credentials inside a text: those of a URL, and what follows Bearer or Basic. */
export function redactText(text: string): string {
  return text
    .replace(/\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`)
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${REDACTED}@`);
}

function isSecretKey(key: string): boolean {
  const plain = key.toLowerCase().replace(/[^a-z0-9]|s$/g, '');
  return SECRET_KEYS.some((secret) => plain.endsWith(secret));
}

function describeError(error: Error, level: number): Record<string, unknown> {
  const code: unknown = Reflect.get(error, 'code');
  return {
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.cause instanceof Error && level < MAX_CAUSES ? { cause: describeError(error.cause, level + 1) } : {}),
    ...(error instanceof AggregateError && level < MAX_CAUSES
      ? { errors: error.errors.map((one) => (one instanceof Error ? describeError(one, level + 1) : redact(one))) }
      : {}),
  };
}
