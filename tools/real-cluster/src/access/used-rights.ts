// Owns what the API server's audit log says that Slipway asked for. Pure.

/** One verb on one resource, in the words of access rules. */
export interface Right {
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  /** Empty for `v1`. */
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly verb: string;
}

export interface AuditedCalls {
  /** What was granted and used, each once. */
  readonly used: readonly Right[];
  /** `verb resource in namespace`, each refused call once. */
  readonly forbidden: readonly string[];
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Every authenticated user may ask these about itself (`system:basic-user`). */
const SELF_REVIEWS = ['selfsubjectreviews', 'selfsubjectaccessreviews'];

/** @param lines of an audit log, one event each @param username whose calls count */
export function auditedCalls(lines: readonly string[], username: string): AuditedCalls {
  const used = new Map<string, Right>();
  const forbidden = new Set<string>();
  for (const line of lines) {
    const event = JSON.parse(line) as AuditEvent;
    if (event.user.username !== username) continue;
    const rights = rightsOf(event);
    if (event.annotations?.['authorization.k8s.io/decision'] === 'forbid') {
      const [right] = rights;
      forbidden.add(right ? describe(right) : `${event.verb} ${event.requestURI}`);
    } else {
      for (const right of rights) used.set(describe(right), right);
    }
  }
  return { used: [...used.values()], forbidden: [...forbidden] };
}

function rightsOf({ verb, objectRef, responseStatus }: AuditEvent): Right[] {
  if (!objectRef || SELF_REVIEWS.includes(objectRef.resource)) return [];
  const { resource, subresource, apiGroup = '', namespace } = objectRef;
  const right = {
    // A namespace is not in itself, as far as rights go.
    namespace: resource === 'namespaces' ? undefined : namespace,
    group: apiGroup,
    resource: subresource ? `${resource}/${subresource}` : resource,
  };
  // A server-side apply that makes its object needs both.
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
  return verbs.map((one) => ({ ...right, verb: one }));
}

function describe({ verb, group, resource, namespace }: Right): string {
  return `${verb} ${group ? `${resource}.${group}` : resource}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
