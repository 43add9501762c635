// What seven services cost before they do anything: Nest with a connection to the database and one to the broker each, and an HTTP server.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { connect } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';

import { answerDriver } from '../parts/child.js';

/** As many as Slipway has with a database. One without is its gateway, one helm-releases. */
const WITH_DATABASE = 5;
const quiet = { logger: false } as const;

@Module({})
class Skeleton {}

answerDriver({
  start: async ({ databaseUrl: url, natsUrl: servers }: { databaseUrl: string; natsUrl: string }): Promise<void> => {
    const broker = { provide: 'broker', useFactory: () => connect({ servers }) };
    const database = { provide: DataSource, useFactory: () => new DataSource({ type: 'postgres', url }).initialize() };
    const service = (index: number) => ({
      module: Skeleton,
      providers: index < WITH_DATABASE ? [broker, database] : [broker],
    });
    await Promise.all([
      ...Array.from({ length: WITH_DATABASE + 1 }, (_, index) =>
        NestFactory.createApplicationContext(service(index), quiet),
      ),
      NestFactory.create(service(WITH_DATABASE), new FastifyAdapter(), quiet).then((app) => app.listen(0, '127.0.0.1')),
    ]);
  },
});
