import { Controller, Delete, Get, Param, Post, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listDeliveries,
  listSubscriptions,
  updateSubscription,
} from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { Endpoint, KEYED, PAGE_QUERY } from './endpoint.js';
import { JsonBody, type Submitted } from './json-body.js';
import { oneOf, pageOf } from './query.js';
import { RequestInterceptor } from './request.interceptor.js';
import {
  CreatedWebhook,
  CreateWebhook,
  DeletedWebhook,
  DELIVERY_STATUSES,
  DeliveryList,
  UpdateWebhook,
  Webhook,
  WebhookList,
} from './webhooks.dto.js';
import {
  acceptWebhook,
  acceptWebhookUpdate,
  toCreatedWebhook,
  toDeliveryList,
  toWebhook,
  toWebhookList,
} from './webhooks.projection.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/webhooks')
@ApiTags('webhooks')
export class WebhooksController {
  constructor(private readonly core: CoreClient) {}

  @Post()
  @Endpoint({
    access: 'credential',
    status: 201,
    summary: 'Makes a webhook; its secret is shown once',
    answer: CreatedWebhook,
    headers: KEYED,
  })
  async create(
    @JsonBody(CreateWebhook) body: Submitted<CreateWebhook>,
    @Current() call: HttpCall,
  ): Promise<CreatedWebhook> {
    return toCreatedWebhook(await this.core.execute(call, createSubscription, acceptWebhook(body)));
  }

  @Get()
  @Endpoint({ access: 'credential', summary: 'Lists the webhooks of the caller', answer: WebhookList })
  async list(@Current() call: HttpCall): Promise<WebhookList> {
    return toWebhookList(await this.core.query(call, listSubscriptions, {}));
  }

  @Get(':webhookId')
  @Endpoint({ access: 'credential', summary: 'One webhook', answer: Webhook })
  async get(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<Webhook> {
    return toWebhook(await this.core.query(call, getSubscription, { id }));
  }

  @Put(':webhookId')
  @Endpoint({
    access: 'credential',
    summary: 'Changes what is sent and keeps the rest',
    answer: Webhook,
    headers: KEYED,
  })
  async update(
    @Param('webhookId') id: string,
    @JsonBody(UpdateWebhook) body: Submitted<UpdateWebhook>,
    @Current() call: HttpCall,
  ): Promise<Webhook> {
    return toWebhook(await this.core.execute(call, updateSubscription, acceptWebhookUpdate(id, body)));
  }

  @Delete(':webhookId')
  @Endpoint({ access: 'credential', summary: 'Deletes a webhook', answer: DeletedWebhook, headers: KEYED })
  async delete(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<DeletedWebhook> {
    await this.core.execute(call, deleteSubscription, { id });
    return { message: 'Webhook deleted successfully', webhook_id: id };
  }

  @Get(':webhookId/deliveries')
  @Endpoint({
    access: 'credential',
    summary: 'What was sent to a webhook, and how it went',
    answer: DeliveryList,
    query: { ...PAGE_QUERY, status: DELIVERY_STATUSES.join(', ') },
  })
  async deliveries(@Param('webhookId') subscriptionId: string, @Current() call: HttpCall): Promise<DeliveryList> {
    const page = pageOf(call.query);
    const status = oneOf(call.query, 'status', DELIVERY_STATUSES);
    const input = { subscriptionId, ...page, ...(status && { status }) };
    return toDeliveryList(await this.core.query(call, listDeliveries, input), page);
  }
}
