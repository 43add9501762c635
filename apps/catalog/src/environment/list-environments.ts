import { Controller } from '@nestjs/common';
import { type Envelope, EnvironmentList, listEnvironments, type Nothing } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { toEnvironmentView } from './environment.view.js';
import { visibleEnvironments } from './visible-environments.js';

@Controller()
export class ListEnvironmentsHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(listEnvironments)
  handle(_: Nothing, envelope: Envelope): Promise<EnvironmentList> {
    return this.transactions.read(async (reader) => {
      const rows = await visibleEnvironments(reader, envelope).orderBy('environment.name').getMany();
      return Object.assign(new EnvironmentList(), { environments: rows.map(toEnvironmentView) });
    });
  }
}
