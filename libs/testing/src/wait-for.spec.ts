import { describe, expect, it } from 'vitest';

import { waitFor } from './wait-for.js';

describe('wait for', () => {
  it('answers with the first truthy result, through failures', async () => {
    let calls = 0;
    const result = await waitFor(
      () => {
        calls += 1;
        if (calls === 1) throw new Error('not yet');
        return calls > 2 && `call ${calls}`;
      },
      { intervalMs: 1 },
    );
    expect(result).toBe('call 3');
  });

  it('tells at the end what it saw last', async () => {
    await expect(waitFor(() => false, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow(
      'waited 5 ms in vain: the check returned false',
    );
    const failing = (): never => {
      throw new Error('connection refused');
    };
    await expect(waitFor(failing, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow(
      'waited 5 ms in vain: connection refused',
    );
  });
});
