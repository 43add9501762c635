import 'reflect-metadata';

import type { DynamicModule, Type } from '@nestjs/common';
import { operations, type Operation } from '@slipway/contracts';
import { services } from '@slipway/dev';
import { describe, expect, it } from 'vitest';

// As @nestjs/microservices names them; its constants have no public export.
const PATTERN = 'microservices:pattern';

function controllersOf(module: DynamicModule | Type): Type[] {
  if (typeof module === 'function') return (Reflect.getMetadata('controllers', module) as Type[] | undefined) ?? [];
  const nested = (module.imports ?? []).flatMap((each) =>
    'module' in each || typeof each === 'function' ? controllersOf(each) : [],
  );
  return [...(module.controllers ?? []), ...controllersOf(module.module), ...nested];
}

/** The subjects that the methods of a class are bound to. */
function subjectsOf(controller: Type): string[] {
  const prototype = controller.prototype as object;
  return Object.getOwnPropertyNames(prototype)
    .map((name): unknown => Object.getOwnPropertyDescriptor(prototype, name)?.value)
    .filter((method) => typeof method === 'function')
    .flatMap((method) => (Reflect.getMetadata(PATTERN, method) as string[] | undefined) ?? []);
}

// A module is only described here, never started: it needs no values.
const bound = services.map((service) => ({
  name: service.name,
  subjects: controllersOf(service.module({})).flatMap(subjectsOf),
}));

const handlersOf = (subject: string): string[] =>
  bound.flatMap(({ name, subjects }) => subjects.filter((bindings) => bindings === subject).map(() => name));

const expectedOf = (operation: Operation): readonly string[] =>
  operation.kind === 'event' ? operation.listeners : [operation.service];

describe('every message of the registry', () => {
  it.each(operations.map((operation) => [operation.subject, operation] as const))(
    '%s has its handlers',
    (subject, operation) => {
      expect(handlersOf(subject).sort()).toEqual([...expectedOf(operation)].sort());
    },
  );

  it('is declared there', () => {
    const declared = operations.map(({ subject }) => subject);
    expect(bound.flatMap(({ subjects }) => subjects).filter((subject) => !declared.includes(subject))).toEqual([]);
  });
});
