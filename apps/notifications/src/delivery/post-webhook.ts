import { type Dispatcher, request } from 'undici';

import { describeFailure } from './describe-failure.js';
import type { Target } from './endpoints.js';
import { retryAfterMsOf } from './retry-schedule.js';
import { signatureOf } from './signature.js';

const ANSWER_WITHIN_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface Attempt {
  readonly statusCode: number | null;
  /** Null when it was delivered. Never a word of the receiver's. */
  readonly error: string | null;
  readonly retryAfterMs: number | null;
}

/**
 * Posts a webhook once. Never rejects, except when `stop` ends it before it is known how it went.
 * A redirect is an answer like another: following it would pass what the address filter has judged.
 */
export async function postWebhook(
  { url, keys }: Target,
  { eventId, body }: { readonly eventId: string; readonly body: string },
  dispatcher: Dispatcher,
  stop: AbortSignal,
): Promise<Attempt> {
  // One timer and one listener: AbortSignal.any and .timeout cost as much as the request itself.
  const cut = new AbortController();
  const { signal } = cut;
  const timer = setTimeout(() => cut.abort(new DOMException('no answer in time', 'TimeoutError')), ANSWER_WITHIN_MS);
  const stopped = (): void => cut.abort(stop.reason);
  stop.addEventListener('abort', stopped, { once: true });
  const timestamp = Math.floor(Date.now() / 1000);
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher,
      signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Container-Engine-Webhook/1.0',
        'webhook-id': eventId,
        'webhook-timestamp': String(timestamp),
        ...(keys.length > 0 && { 'webhook-signature': signatureOf(keys, eventId, timestamp, body) }),
      },
      body,
    });
    // The status is the answer; what follows is let in a little, so that the receiver can finish it, and then cut.
    await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => undefined);
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return { statusCode, error: null, retryAfterMs: null };
    const header = answer.headers['retry-after'];
    return {
      statusCode,
      error: describeStatus(statusCode),
      retryAfterMs: retryAfterMsOf(Array.isArray(header) ? header[0] : header, new Date()),
    };
  } catch (error) {
    if (stop.aborted) throw error;
    return { statusCode: null, error: describeFailure(error), retryAfterMs: null };
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
  }
}

function describeStatus(statusCode: number): string {
  const redirect = statusCode >= 300 && statusCode < 400 ? '; redirects are not followed' : '';
  return `The endpoint answered ${statusCode}${redirect}.`;
}
