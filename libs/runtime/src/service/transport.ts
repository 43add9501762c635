import type { CustomTransportStrategy } from '@nestjs/microservices';

/**
 * The injection token of a service's transport strategy. libs/messaging provides it; `startService` looks it up and lets
 * Nest bind the service's handlers to it. Its `close` stops pulling and waits for the handlers that run.
 */
export const TRANSPORT: unique symbol = Symbol('slipway:transport');

export type Transport = CustomTransportStrategy;
