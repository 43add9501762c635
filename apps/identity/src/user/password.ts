import { availableParallelism } from 'node:os';

import { hash, verify } from '@node-rs/argon2';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

/** OWASP's least for Argon2id (the library's default algorithm): 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/** The hash of no password. */
const DECOY = `${CURRENT}${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Hashing costs 19 MiB and tens of milliseconds of a core each: more than this many wait, more than that are refused. */
const CONCURRENT = Math.min(2, availableParallelism());
const WAITING = 64;

/**
 * Hashes and verifies passwords off the event loop, a bounded number at a time.
 *
 * @throws Refusal `unavailable` when too many wait already
 */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, PARAMETERS));
  }

  /** Without a hash the same work is done, so that an unknown user costs the same time; the answer is then false. */
  verify(passwordHash: string | null, password: string): Promise<boolean> {
    return this.inTurn(() => verify(passwordHash ?? DECOY, password));
  }

  /** Whether the hash was made with other parameters than today's, so that the next login renews it. */
  isOutdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(CURRENT);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < CONCURRENT) this.running++;
    else if (this.waiting.length < WAITING) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else {
      throw new Refusal(
        problem.unavailable('service', 'Too many logins are being checked at once; try again.', { retryAfterMs: 1000 }),
      );
    }
    try {
      return await work();
    } finally {
      // The turn is handed on, so that nobody who comes between takes it.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
