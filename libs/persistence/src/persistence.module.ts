import { Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Readiness, RuntimeConfig, ServiceLogger } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import { connectDatabase } from './database/connect-database.js';
import { describeConnectionFault } from './database/database-address.js';
import { PERSISTENCE_OPTIONS, schemaOf, type PersistenceOptions } from './database/database-options.js';
import { Encryption } from './encryption/encryption.js';
import { Inbox } from './inbox/inbox.js';
import { OutboxMetrics } from './outbox/outbox-metrics.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { Pruning } from './pruning.js';
import { Transactions } from './transaction/transactions.js';

// Everything else has stopped by then.
@Injectable()
class CloseDatabase implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/**
 * Gives a service Inbox, Transactions, Encryption and the DataSource; MessagingModule has to be there too. Its relay publishes the outbox
 * from the start of the application to its end. The start waits for the database, and readiness names `postgres` meanwhile.
 */
@Module({})
export class PersistenceModule {
  static register(options: PersistenceOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: PERSISTENCE_OPTIONS, useValue: options },
        { provide: Encryption, useFactory: () => new Encryption(schemaOf(options.service), options.encryptionKeys) },
        {
          provide: DataSource,
          inject: [RuntimeConfig, ServiceLogger, Readiness],
          useFactory: async (
            runtime: RuntimeConfig,
            logger: ServiceLogger,
            readiness: Readiness,
          ): Promise<DataSource> => {
            let dataSource: DataSource | undefined;
            readiness.add('postgres', async () => {
              if (!dataSource) throw new Error('no connection to the database of DATABASE_URL yet');
              try {
                await dataSource.query('select 1');
              } catch (error) {
                throw new Error(describeConnectionFault(error, options.databaseUrl), { cause: error });
              }
            });
            return (dataSource = await connectDatabase(options, runtime, logger));
          },
        },
        OutboxRelay,
        OutboxMetrics,
        Transactions,
        Inbox,
        Pruning,
        CloseDatabase,
      ],
      exports: [Inbox, Transactions, Encryption, DataSource, OutboxRelay, Pruning],
    };
  }
}
