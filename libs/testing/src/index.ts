export { actor } from './actor.js';
export { appFacts } from './app-facts.js';
export * from './backends/index.js';
export { createDatabase, natsFolderForTest, sharedPostgres, startNatsForTest } from './backends/test-run.js';
export { crowdAt } from './crowd-at.js';
export {
  type Harness,
  type HarnessOptions,
  type Message,
  type PublishedEvent,
  startHarness,
  type TestCall,
} from './harness/harness.js';
export { startTestBroker, type TestBroker } from './harness/test-broker.js';
export { type NameServer, startNameServer } from './name-server.js';
export { type WaitOptions, waitFor } from './wait-for.js';
