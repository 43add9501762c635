import { createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { fieldsOf, jsonSchemaOf, type Class } from '@slipway/contracts';
import { validateInput } from '@slipway/messaging';

import { callOf, type HttpCall } from '../../core/http-call.js';
import { BodyTooLargeError } from '../../core/read-body.js';
import { failure } from './errors.js';
import { detailsOf, wordIssue, type FieldIssue } from './rule-texts.js';

const LIMIT_BYTES = 1024 * 1024;

/** A body of the right shape. Its values are judged together with the rules that a class cannot hold. */
export class Submitted<T extends object> {
  constructor(
    private readonly type: Class<T>,
    readonly value: T,
    readonly issues: readonly FieldIssue[],
  ) {}

  /**
   * The body, when neither a declared rule nor one of `more` is broken; a field is named once, by its declared rule first.
   * @throws Failure 400, fields in the documented order
   */
  accept(more: readonly FieldIssue[] = []): T {
    const issues = this.inOrder([
      ...this.issues,
      ...more.filter(({ path }) => !this.issues.some((one) => one.path === path)),
    ]);
    if (issues.length > 0) throw failure.validation(issues);
    return this.value;
  }

  /** The same without the issues of some fields, for which their endpoint has an answer of its own. */
  without(isOwn: (issue: FieldIssue) => boolean): Submitted<T> {
    return new Submitted(
      this.type,
      this.value,
      this.issues.filter((issue) => !isOwn(issue)),
    );
  }

  private inOrder(issues: readonly FieldIssue[]): FieldIssue[] {
    const order = fieldsOf(this.type).map(({ name }) => name);
    const position = ({ path }: FieldIssue): number => order.indexOf(path.split('.', 1)[0] ?? '');
    return [...issues].sort((one, other) => position(one) - position(other));
  }
}

const UNKNOWN = Symbol('slipway.unknown-fields');

/** The fields of the body that nobody declared. */
export function unknownFieldsOf(call: HttpCall): readonly string[] {
  return (Reflect.get(call, UNKNOWN) as readonly string[] | undefined) ?? [];
}

class ReadJsonBody<T extends object> implements PipeTransform<HttpCall, Promise<Submitted<T>>> {
  constructor(
    private readonly type: Class<T>,
    private readonly optional: boolean,
  ) {}

  async transform(call: HttpCall): Promise<Submitted<T>> {
    const bytes = await read(call);
    const { value, issues, unknown } = validateInput(
      this.type,
      this.optional && bytes.length === 0 ? {} : parse(bytes),
    );
    const shapes = issues.filter(({ kind }) => kind === 'shape');
    if (shapes.length > 0) throw failure.unprocessable('Invalid request body', detailsOf(shapes.map(wordIssue)));
    Reflect.set(call, UNKNOWN, unknown);
    return new Submitted(this.type, value, issues.map(wordIssue));
  }
}

const Call = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest<object>()),
);

/** The body as `Submitted<type>`, and its schema in the OpenAPI document. `optional`: none at all is an empty object. */
export function JsonBody(type: Class<object>, { optional = false } = {}): ParameterDecorator {
  return (target, property, index) => {
    Call(undefined, new ReadJsonBody(type, optional))(target, property, index);
    const descriptor = property === undefined ? undefined : Object.getOwnPropertyDescriptor(target, property);
    if (property !== undefined && descriptor)
      ApiBody({ schema: jsonSchemaOf(type), required: !optional })(target, property, descriptor);
  };
}

/** The type is judged before the length: without one, the first byte is of the wrong type. */
async function read(call: HttpCall): Promise<Buffer> {
  if (call.contentType !== undefined && !isJson(call.contentType)) throw failure.unsupportedMediaType();
  if (call.contentType !== undefined) return call.readBody(LIMIT_BYTES);
  return call.readBody(0).catch((error: unknown) => {
    throw error instanceof BodyTooLargeError ? failure.unsupportedMediaType() : error;
  });
}

function isJson(contentType: string): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return type === 'application/json' && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    throw failure.badRequest('Malformed JSON');
  }
}
