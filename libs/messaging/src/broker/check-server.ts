import type { ServerInfo } from '@nats-io/nats-core';

export class UnsuitableServerError extends Error {
  override readonly name = 'UnsuitableServerError';
}

export const MIN_MAX_PAYLOAD = 2 * 1024 * 1024;

/**
 * Older servers ignore per-message TTL and batch publish without an error; 2.12.0 to 2.12.6 and 2.13 have open security advisories.
 * @throws UnsuitableServerError
 */
export function checkServer(info: Pick<ServerInfo, 'version' | 'max_payload'> | undefined): void {
  const version = info?.version ?? 'unknown';
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const suitable = major > 2 || (major === 2 && (minor >= 14 || (minor === 12 && patch >= 7)));
  if (!suitable) {
    throw new UnsuitableServerError(
      `NATS_URL names nats-server ${version}, but Slipway needs 2.12.7 or newer of 2.12, or 2.14 and later: update the server`,
    );
  }
  const maxPayload = info?.max_payload ?? 0;
  if (maxPayload < MIN_MAX_PAYLOAD) {
    throw new UnsuitableServerError(
      `the nats-server of NATS_URL allows messages of ${maxPayload} bytes, but Slipway needs ${MIN_MAX_PAYLOAD} or more: raise its max_payload`,
    );
  }
}
