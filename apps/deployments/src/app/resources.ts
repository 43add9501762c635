import { billionths, type Resources } from '@slipway/contracts';

export const DEFAULT_RESOURCES = {
  cpuRequest: '100m',
  memoryRequest: '128Mi',
  cpuLimit: '500m',
  memoryLimit: '512Mi',
} as const;

export type EffectiveResources = Required<Resources>;

/** What the container gets: as written, with every default. A given side is never changed, the default beside it gives way. */
export function effectiveResources(written: Resources | null | undefined): EffectiveResources {
  const cpu = pair(written?.cpuRequest, written?.cpuLimit, DEFAULT_RESOURCES.cpuRequest, DEFAULT_RESOURCES.cpuLimit);
  const memory = pair(
    written?.memoryRequest,
    written?.memoryLimit,
    DEFAULT_RESOURCES.memoryRequest,
    DEFAULT_RESOURCES.memoryLimit,
  );
  return { cpuRequest: cpu.request, memoryRequest: memory.request, cpuLimit: cpu.limit, memoryLimit: memory.limit };
}

function pair(
  givenRequest: string | null | undefined,
  givenLimit: string | null | undefined,
  defaultRequest: string,
  defaultLimit: string,
): { request: string; limit: string } {
  const request = givenRequest ?? defaultRequest;
  const limit = givenLimit ?? defaultLimit;
  if (billionths(request) <= billionths(limit)) return { request, limit };
  return givenRequest ? { request, limit: request } : { request: limit, limit };
}

/** The field whose given request is above the limit given beside it. */
export function requestAboveLimit(written: Resources | null | undefined): 'cpuRequest' | 'memoryRequest' | null {
  const above = (request?: string | null, limit?: string | null): boolean =>
    Boolean(request && limit && billionths(request) > billionths(limit));
  if (above(written?.cpuRequest, written?.cpuLimit)) return 'cpuRequest';
  if (above(written?.memoryRequest, written?.memoryLimit)) return 'memoryRequest';
  return null;
}
