import type { DynamicModule, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';

import type { ConfigClass } from '../config/variable.js';

/** How a service that speaks HTTP is created. The platform (Fastify) stays with the app, so that no other service loads it. */
export interface HttpEdge<T extends object> {
  /** `(module, options) => NestFactory.create(module, new FastifyAdapter(…), options)` */
  createApp(module: DynamicModule, options: NestApplicationOptions, config: Readonly<T>): Promise<INestApplication>;
  /** Where it listens; port 0 takes a free one. */
  address(config: Readonly<T>): { host: string; port: number };
}

export interface ServiceDefinition<T extends object = object> {
  /** Its name everywhere: in log lines, metrics, subjects, the NATS user, the database schema. */
  readonly name: string;
  /** One class of variables. The frozen instance is injectable by this class in every module of the service. */
  readonly config: ConfigClass<T>;
  /** The root module for a configuration. It provides TRANSPORT (through libs/messaging) unless `http` is given. */
  module(config: Readonly<T>): DynamicModule | Type;
  /** Given by the gateway only: an HTTP application instead of a microservice. */
  readonly http?: HttpEdge<T>;
}

/** Declares what an app is; `startService` brings it to life. Starts nothing. */
export function defineService<T extends object>(definition: ServiceDefinition<T>): ServiceDefinition<T> {
  return Object.freeze(definition);
}
