import { Controller, Delete, Get, Param, Post, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  createSubscription,
  deleteSubscription,
  getDelivery,
  getSubscription,
  listDeliveries,
  listSubscriptions,
  replayDelivery,
  rotateSecret,
  testSubscription,
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
  DeliveryDetail,
  DeliveryList,
  QueuedDelivery,
  RotatedWebhookSecret,
  TestedWebhook,
  UpdateWebhook,
  Webhook,
  WebhookList,
} from './webhooks.dto.js';
import {
  acceptWebhook,
  acceptWebhookUpdate,
  toCreatedWebhook,
  toDeliveryDetail,
  toDeliveryList,
  toRotatedSecret,
  toTestedWebhook,
  toWebhook,
  toWebhookList,
} from './webhooks.projection.js';

/** The webhook has 10 s of these. */
const TEST_WITHIN_MS = 15_000;

@UseInterceptors(RequestInterceptor)
@Controller('v1/webhooks')
@ApiTags('webhooks')
export class WebhooksController {
  constructor(private readonly core: CoreClient) {}

  @Post()
  @Endpoint({
    access: 'credential',
    core: [createSubscription],
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
  @Endpoint({
    access: 'credential',
    core: [listSubscriptions],
    summary: 'Lists the webhooks of the caller',
    answer: WebhookList,
  })
  async list(@Current() call: HttpCall): Promise<WebhookList> {
    return toWebhookList(await this.core.query(call, listSubscriptions, {}));
  }

  @Get(':webhookId')
  @Endpoint({ access: 'credential', core: [getSubscription], summary: 'One webhook', answer: Webhook })
  async get(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<Webhook> {
    return toWebhook(await this.core.query(call, getSubscription, { id }));
  }

  @Put(':webhookId')
  @Endpoint({
    access: 'credential',
    core: [updateSubscription],
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
  @Endpoint({
    access: 'credential',
    core: [deleteSubscription],
    summary: 'Deletes a webhook',
    answer: DeletedWebhook,
    headers: KEYED,
  })
  async delete(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<DeletedWebhook> {
    await this.core.execute(call, deleteSubscription, { id });
    return { message: 'Webhook deleted successfully', webhook_id: id };
  }

  @Post(':webhookId/test')
  @Endpoint({
    access: 'credential',
    core: [testSubscription],
    summary: 'Sends a test to an active webhook and tells how it went',
    answer: TestedWebhook,
    headers: KEYED,
  })
  async test(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<TestedWebhook> {
    return toTestedWebhook(await this.core.execute(call, testSubscription, { id }, { timeoutMs: TEST_WITHIN_MS }));
  }

  @Post(':webhookId/rotate-secret')
  @Endpoint({
    access: 'credential',
    core: [rotateSecret],
    summary: 'Makes a new secret, which is shown once; the one before signs as well for a day',
    answer: RotatedWebhookSecret,
    headers: KEYED,
  })
  async rotateSecret(@Param('webhookId') id: string, @Current() call: HttpCall): Promise<RotatedWebhookSecret> {
    return toRotatedSecret(id, await this.core.execute(call, rotateSecret, { id }));
  }

  @Get(':webhookId/deliveries')
  @Endpoint({
    access: 'credential',
    core: [listDeliveries],
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
  @Get(':webhookId/deliveries/:deliveryId')
  @Endpoint({
    access: 'credential',
    core: [getDelivery],
    summary: 'One delivery, with what is sent and each attempt',
    answer: DeliveryDetail,
  })
  async delivery(
    @Param('webhookId') subscriptionId: string,
    @Param('deliveryId') id: string,
    @Current() call: HttpCall,
  ): Promise<DeliveryDetail> {
    return toDeliveryDetail(await this.core.query(call, getDelivery, { subscriptionId, id }));
  }

  @Post(':webhookId/deliveries/:deliveryId/replay')
  @Endpoint({
    access: 'credential',
    core: [replayDelivery],
    status: 202,
    summary: 'Sends a delivery again, as a new one with the same event id and body',
    answer: QueuedDelivery,
    headers: KEYED,
  })
  async replay(
    @Param('webhookId') subscriptionId: string,
    @Param('deliveryId') id: string,
    @Current() call: HttpCall,
  ): Promise<QueuedDelivery> {
    const delivery = await this.core.execute(call, replayDelivery, { subscriptionId, id });
    return { id: delivery.id, message: 'Delivery queued' };
  }
}
