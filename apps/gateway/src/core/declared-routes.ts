// Owns reading back what the methods of controllers declare of their routes: for the tests that hold every route to its declaration, and
// for the table of endpoints in a dialect's README.
import { HttpStatus, RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import type { Operation } from '@slipway/contracts';

import { ACCESS, type AccessKind } from './access.js';

export interface DeclaredRoute {
  /** Such as `GET`. */
  readonly method: string;
  /** With parameters in braces, as in `/v1/webhooks/{webhookId}`. */
  readonly path: string;
  /** Undefined when it is not declared, which a test refuses. */
  readonly access: AccessKind | undefined;
  /** Of success. */
  readonly status: number;
  /** The subjects of what is asked of the core, in order. */
  readonly asks: readonly string[];
}

const ASKS = 'slipway:asks';

/** Says what a route asks of the core. */
export const Asks = (operations: readonly Pick<Operation, 'subject'>[]): MethodDecorator =>
  SetMetadata(
    ASKS,
    operations.map(({ subject }) => subject),
  );

/** In the order in which they are declared. */
export function declaredRoutes(controllers: readonly Type[]): DeclaredRoute[] {
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, (() => unknown) | undefined>;
    // A controller may stand under several names.
    const prefixes = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[]].flat();
    return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (!handler || Reflect.getMetadata(PATH_METADATA, handler) === undefined) return [];
      const paths = prefixes.map((prefix) => `/${prefix}/${String(Reflect.getMetadata(PATH_METADATA, handler))}`);
      return paths.map((path) => ({
        method: RequestMethod[Number(Reflect.getMetadata(METHOD_METADATA, handler))] ?? '',
        path: path
          .replace(/\/+/g, '/')
          .replace(/(.)\/$/, '$1')
          .replace(/:(\w+)/g, '{$1}'),
        access: Reflect.getMetadata(ACCESS, handler) as AccessKind | undefined,
        status: Number(Reflect.getMetadata(HTTP_CODE_METADATA, handler) ?? HttpStatus.OK),
        asks: (Reflect.getMetadata(ASKS, handler) ?? []) as string[],
      }));
    });
  });
}

/** Those of a module's own controllers. */
export function declaredRoutesOf(module: Type): DeclaredRoute[] {
  return declaredRoutes((Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, module) ?? []) as Type[]);
}
