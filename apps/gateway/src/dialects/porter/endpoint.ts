import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiCookieAuth, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { Operation } from '@slipway/contracts';

import { Access } from '../../core/access.js';
import { Asks } from '../../core/declared-routes.js';

export interface EndpointOptions {
  readonly access: 'public' | 'credential';
  /** What it asks of the core, in this order; each request of it asks some of these and nothing else. */
  readonly core: readonly Pick<Operation, 'subject'>[];
  /** Default: 200. */
  readonly status?: number;
  readonly summary: string;
}

const ERROR_SCHEMA = {
  type: 'object',
  required: ['code', 'errors'],
  properties: { code: { type: 'integer' }, errors: { type: 'array', items: { type: 'string' } } },
};

/** Says of a route who may use it, what it answers with, and what the OpenAPI document tells of it. */
export function Endpoint({ access, core, status = 200, summary }: EndpointOptions): MethodDecorator {
  return applyDecorators(
    Access(access),
    Asks(core),
    HttpCode(status),
    ApiOperation({ summary }),
    ApiResponse({ status, description: summary }),
    ApiResponse({ status: 'default', description: 'Any failure', schema: ERROR_SCHEMA }),
    ...(access === 'public' ? [] : [ApiCookieAuth()]),
  );
}
