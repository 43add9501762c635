import { Controller } from '@nestjs/common';
import { type Envelope, type GetNodeAddress, getNodeAddress, type NodeAddress } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../app/actor.js';
import { AppQueries } from '../app/app.queries.js';
import { NodeAddresses } from './node-addresses.js';

@Controller()
export class GetNodeAddressHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly addresses: NodeAddresses,
  ) {}

  @Handles(getNodeAddress)
  async handle(input: GetNodeAddress, envelope: Envelope): Promise<NodeAddress> {
    const found = await this.transactions.read((reader) =>
      this.queries.findPresent(reader, input.app, actorOf(envelope)),
    );
    return this.addresses.of(found);
  }
}
