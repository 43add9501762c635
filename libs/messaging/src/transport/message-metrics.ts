import { Counter, Histogram, type Metrics } from '@slipway/runtime';

/** How messages went: `handled`, `refused`, `expired`, `retried`, `dead`. */
export class MessageMetrics {
  private readonly settled: Counter<'subject' | 'outcome'>;
  private readonly duration: Histogram<'subject'>;

  constructor(metrics: Metrics) {
    this.settled = new Counter({
      name: 'slipway_messages_total',
      help: 'Commands, queries and events that were delivered to this service, by outcome.',
      labelNames: ['subject', 'outcome'],
      registers: [metrics],
    });
    this.duration = new Histogram({
      name: 'slipway_message_handler_seconds',
      help: 'Time that handlers of commands, queries and events took.',
      labelNames: ['subject'],
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [metrics],
    });
  }

  count(subject: string, outcome: string): void {
    this.settled.inc({ subject, outcome });
  }

  async time<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const stop = this.duration.startTimer({ subject });
    try {
      return await work();
    } finally {
      stop();
    }
  }
}
