/** The property of globalThis that says that a test of this file has failed. */
export const FAILED = Symbol.for('slipway:test-failed');
