export * from './backends/index.js';
export { createDatabase, sharedPostgres, startNatsForTest } from './backends/test-run.js';
export { type WaitOptions, waitFor } from './wait-for.js';
