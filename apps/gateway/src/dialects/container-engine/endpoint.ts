import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { jsonSchemaOf, type Class, type Operation } from '@slipway/contracts';

import { Access, type AccessKind } from '../../core/access.js';
import { Asks } from '../../core/declared-routes.js';

export interface EndpointOptions {
  readonly access: AccessKind;
  /** What it asks of the core, in this order; each request of it asks some of these and nothing else. */
  readonly core: readonly Pick<Operation, 'subject'>[];
  /** Default: 200. */
  readonly status?: number;
  readonly summary: string;
  /** What is answered, as declared; a text describes what is no JSON object. */
  readonly answer: Class<object> | string;
  /** Query parameters by name, with a description. */
  readonly query?: Readonly<Record<string, string>>;
  /** Request headers by name, with a description. */
  readonly headers?: Readonly<Record<string, string>>;
}

const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'details'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, details: { type: 'string' } },
    },
  },
};

/** Says of a route who may use it, what it answers with, and what the OpenAPI document tells of it. */
export function Endpoint({
  access,
  core,
  status = 200,
  summary,
  answer,
  query = {},
  headers = {},
}: EndpointOptions): MethodDecorator {
  const described =
    typeof answer === 'string'
      ? ApiResponse({ status, description: answer })
      : ApiResponse({ status, description: summary, schema: jsonSchemaOf(answer) });
  return applyDecorators(
    Access(access),
    Asks(core),
    HttpCode(status),
    ApiOperation({ summary }),
    described,
    ApiResponse({ status: 'default', description: 'Any failure', schema: ERROR_SCHEMA }),
    ...(access === 'public' ? [] : [ApiBearerAuth()]),
    ...Object.entries(query).map(([name, description]) =>
      ApiQuery({ name, description, required: false, schema: { type: 'string' } }),
    ),
    ...Object.entries(headers).map(([name, description]) =>
      ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
    ),
  );
}

export const PAGE_QUERY = { page: 'From 1', limit: 'At most 100, 10 unless given' };

export const KEYED = { 'Idempotency-Key': 'The same request under the same key takes effect once; kept for 24 hours' };
/** A change of one deployment. */
export const CONDITIONAL = { ...KEYED, 'If-Match': 'The ETag that has to be the current one, else 412' };
/** One whose effect is waited for. */
export const AWAITED = { ...CONDITIONAL, Prefer: 'wait=<0 to 25>: so many seconds at most' };
