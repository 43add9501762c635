export { type FindNatsOptions, findNatsServer, isSupportedNats, userCacheDir } from './find-nats-server.js';
export {
  MAX_PAYLOAD_BYTES,
  type NatsServerOptions,
  type NatsSubjects,
  type NatsUser,
  type RunningNats,
  natsConfig,
  startNatsServer,
  stopLeftOverNats,
} from './nats-server.js';
export { commandLine, freePort, isDiskFull, isRunning, stopProcess } from './os-process.js';
export {
  type PostgresOptions,
  type RunningPostgres,
  databaseDir,
  startPostgres,
  stopLeftOverPostgres,
} from './postgres.js';
