import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { Command, Envelope, Event, Operation, Query } from '@slipway/contracts';
import { throwError, type Observable } from 'rxjs';

type Handler<I, O> = (input: I, envelope: Envelope) => Promise<O>;
// Generic in the method, so that one that needs neither input nor envelope may leave them out.
type HandlerDecorator<I, O> = <M extends Handler<I, O>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

// Nest's own filter logs an unknown error and passes on a bare text. The transport wants the error itself: it logs it once, with the
// incident id that the caller gets.
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** What `@Handles` and `@On` leave for the transport. */
export interface HandlerExtras {
  readonly operation: Operation;
}

/**
 * Binds a method to a command or a query: it receives the validated input and the envelope, and its promise resolves after the
 * commit. It refuses by throwing `Refusal`, asks for another try by throwing `Transient`.
 */
export function Handles<I extends object, O extends object | void>(command: Command<I, O>): HandlerDecorator<I, O>;
export function Handles<I extends object, O extends object>(query: Query<I, O>): HandlerDecorator<I, O>;
export function Handles(operation: Operation): MethodDecorator {
  return bind(MessagePattern(operation.subject, { operation } satisfies HandlerExtras));
}

/** Binds a method to an event. One handler per subject and service: a second one stops the start. */
export function On<P extends object>(event: Event<P>): HandlerDecorator<P, void> {
  return bind(EventPattern<string>(event.subject, { operation: event } satisfies HandlerExtras));
}

function bind(pattern: MethodDecorator): MethodDecorator {
  return (target, property, descriptor) => {
    Payload()(target, property, 0);
    Ctx()(target, property, 1);
    applyDecorators(pattern, UseFilters(new PassOn()))(target, property, descriptor);
  };
}
