// For the tests of libraries that the harness itself stands on, which may not import it.
export { createDatabase, natsFolderForTest, sharedPostgres, startNatsForTest } from './backends/test-run.js';
export { type WaitOptions, waitFor } from './wait-for.js';
