import { vi } from 'vitest';

/** Waits until the expectations hold; generous, so that a busy machine is not taken for a defect. */
export async function eventually(expectations: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(expectations, { timeout: 10_000, interval: 20 });
}
