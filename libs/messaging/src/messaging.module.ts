import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Readiness, ServiceLogger, TRANSPORT } from '@slipway/runtime';

import { Broker, connectBroker } from './broker/broker.js';
import { Bus } from './bus/bus.js';
import { EventPublisher } from './bus/event-publisher.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { Sealing } from './sealing/sealing.js';
import { JetStreamTransport } from './transport/jetstream-transport.js';

// Others flush through the connection in earlier phases of the stop.
@Injectable()
class CloseBroker implements OnApplicationShutdown {
  constructor(@Inject(Broker) private readonly broker: Broker) {}

  async onApplicationShutdown(): Promise<void> {
    await this.broker.close();
  }
}

/**
 * Gives a service Bus, EventPublisher, Sealing, Broker (the connection) and the transport for its handlers. The start waits for the
 * broker, and readiness names `nats` meanwhile.
 */
@Module({})
export class MessagingModule {
  static register(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: MESSAGING_OPTIONS, useValue: options },
        {
          provide: Sealing,
          useFactory: () => new Sealing({ publicKeys: options.sealPublicKeys, privateKeys: options.sealPrivateKeys }),
        },
        {
          provide: Broker,
          inject: [ServiceLogger, Readiness],
          useFactory: async (logger: ServiceLogger, readiness: Readiness): Promise<Broker> => {
            let broker: Broker | undefined;
            readiness.add('nats', () => {
              if (!broker?.connected) throw new Error('no connection to the message broker of NATS_URL');
            });
            return (broker = await connectBroker({ ...options, logger }));
          },
        },
        Bus,
        EventPublisher,
        JetStreamTransport,
        { provide: TRANSPORT, useExisting: JetStreamTransport },
        CloseBroker,
      ],
      exports: [Bus, EventPublisher, Sealing, Broker, TRANSPORT, JetStreamTransport],
    };
  }
}
