import { Controller } from '@nestjs/common';
import { type AppMetrics, type Envelope, type GetMetrics, getMetrics } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../app/actor.js';
import { AppQueries } from '../app/app.queries.js';
import { toHistory, toSample } from './metrics.view.js';
import { SampleMetrics } from './sample-metrics.js';

const RESOLUTION_SECONDS = 60;

@Controller()
export class GetMetricsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly metrics: SampleMetrics,
  ) {}

  @Handles(getMetrics)
  async handle(input: GetMetrics, envelope: Envelope): Promise<AppMetrics> {
    const { app, containers } = await this.transactions.read((reader) =>
      this.queries.findPresent(reader, input.app, actorOf(envelope)),
    );
    const { usage } = this.metrics;
    const sample = usage.of(app.id);
    const { from, to, resolutionSeconds } = input;
    const interval = {
      ...(from && { from: Date.parse(from) }),
      ...(to && { to: Date.parse(to) }),
      resolutionMs: (resolutionSeconds ?? RESOLUTION_SECONDS) * 1_000,
    };
    return {
      sample: sample ? toSample(sample, containers) : null,
      history: from || to ? toHistory(usage.history(app.id, interval, Date.now())) : null,
    };
  }
}
