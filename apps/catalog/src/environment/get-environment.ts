import { Controller } from '@nestjs/common';
import { type Envelope, type EnvironmentView, getEnvironment, type GetEnvironment, problem } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { toEnvironmentView } from './environment.view.js';
import { visibleEnvironments } from './visible-environments.js';

@Controller()
export class GetEnvironmentHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(getEnvironment)
  handle({ name }: GetEnvironment, envelope: Envelope): Promise<EnvironmentView> {
    return this.transactions.read(async (reader) => {
      const row = await visibleEnvironments(reader, envelope).andWhere('environment.name = :name', { name }).getOne();
      // The same words for one that is absent, on its way out, or somebody else's.
      if (!row) throw new Refusal(problem.notFound('environment', `There is no environment ${name} that you can see.`));
      return toEnvironmentView(row);
    });
  }
}
