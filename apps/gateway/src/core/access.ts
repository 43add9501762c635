import { SetMetadata } from '@nestjs/common';

/**
 * `public`: no credential. `credential`: one in a header. `stream`: one in a header or in the query, for browsers cannot set a header
 * on a WebSocket. `event-stream`: in the query only when the client asks for `text/event-stream`, for the same reason.
 */
export type AccessKind = 'public' | 'credential' | 'stream' | 'event-stream';

export const ACCESS = 'slipway:access';

/** Every route declares who may use it; a test walks them all. */
export const Access = (kind: AccessKind): MethodDecorator => SetMetadata(ACCESS, kind);

/** Configures a GET that changes something: HEAD does not follow it. */
export const ACTS = { acts: true } as const;

/** Configures a route by which others judge this process: it answers however much there is to do. */
export const PROBE = { probe: true } as const;
