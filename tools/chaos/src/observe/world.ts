// What is there at the end of a run, seen from outside: plain values, kept as JSON beside the journal, so that a verdict can be given again.
export interface AppRow {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly namespace: string;
  readonly version: number;
  readonly revision: number;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly phase: string;
  readonly reason: string;
  readonly stopped: boolean;
  readonly replicas: number;
}

/** A row of an outbox: a fact that follows from an operation. */
export interface EventRow {
  readonly service: string;
  readonly id: string;
  readonly subject: string;
  /** The request id of the operation that it follows from. */
  readonly requestId: string;
  readonly appId: string | null;
  readonly appName: string | null;
  readonly appVersion: number | null;
  readonly ownerId: string | null;
  readonly sent: boolean;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
}

export interface KeyRow {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly revoked: boolean;
}

export interface FeedRow {
  readonly userId: string;
  readonly id: string;
  readonly eventId: string;
  readonly fact: string;
}

export interface DeliveryRow {
  readonly endpointId: string;
  readonly ownerId: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly lastError: string | null;
}

export interface EndpointRow {
  readonly id: string;
  readonly ownerId: string;
  readonly url: string;
  readonly active: boolean;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
}

/** What logs keeps of an App, by the facts about it. */
export interface AudienceRow {
  readonly appId: string;
  readonly version: number;
}

export interface DeadLetterRow {
  readonly service: string;
  readonly subject: string;
  readonly reason: string;
  readonly text: string;
}

/** What the API says of an App, asked by its owner. */
export interface AppAnswer {
  readonly id: string;
  /** Who was told. */
  readonly reader: string;
  readonly name: string;
  readonly status: string;
  readonly image: string;
  readonly reason: string | null;
  readonly replicas: number;
  readonly variables: Readonly<Record<string, string>>;
  /** Images of its Revisions, oldest first. */
  readonly revisions: readonly string[];
}

/** A Deployment of the cluster. */
export interface WorkloadObject {
  readonly namespace: string;
  readonly name: string;
  readonly appId: string;
  readonly image: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  readonly totalReplicas: number;
  readonly generation: number;
  readonly observedGeneration: number;
}

export interface ReceivedWebhook {
  readonly at: number;
  /** How the receiver answered it. */
  readonly manner: string;
  readonly path: string;
  readonly webhookId: string;
  readonly body: string;
}

/** When the facts of operations were first seen while the run went on. */
export interface Sighting {
  /** Begin of the last look that did not find it yet. */
  readonly absentAt: number;
}

/** What processes hold, and what is held for them. */
export interface Resources {
  /** By role, which is named as its app. */
  readonly databaseSessions: Readonly<Record<string, number>>;
  /** Of all streams of the broker. */
  readonly consumers: number;
  readonly clusterConnections: number;
  readonly replicas: Readonly<
    Record<
      string,
      {
        /** By what they are, such as `database` for connections to it. */
        readonly openFiles: Readonly<Record<string, number>>;
        /** Without garbage. */
        readonly heldMiB: number;
        readonly residentMiB: number;
      }
    >
  >;
}

/** A write that the cluster took. */
export interface ClusterWrite {
  readonly at: number;
  readonly replica: string;
  /** Such as `apply deployments ce-amber-life-1/amber-life-1`. */
  readonly what: string;
  readonly isLease: boolean;
}

export interface UsedKeys {
  readonly userId: string;
  readonly told: number;
}

export interface World {
  readonly at: number;
  readonly apps: readonly AppRow[];
  readonly events: readonly EventRow[];
  readonly keys: readonly KeyRow[];
  readonly activityIds: readonly string[];
  readonly feed: readonly FeedRow[];
  readonly endpoints: readonly EndpointRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly audiences: readonly AudienceRow[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly answers: readonly AppAnswer[];
  readonly workloads: readonly WorkloadObject[];
  /** Namespaces that Slipway made, with the App that each says it is for. */
  readonly namespaces: readonly { readonly name: string; readonly appId: string }[];
  readonly received: readonly ReceivedWebhook[];
  /** By operation. */
  readonly sightings: Readonly<Record<string, Sighting>>;
  /** After a warm-up, before the load; when all was quiet, with readers still there; and without them. */
  readonly resources: { readonly before: Resources; readonly quiet: Resources; readonly after: Resources };
  /** Of Slipway, in their order. */
  readonly clusterWrites: readonly ClusterWrite[];
  /** Images that each Deployment was given, in their order, by its name. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** What the API told each user to use of what it may have. */
  readonly used: readonly UsedKeys[];
  /** Lines that the containers of an App wrote, by its name. */
  readonly written: Readonly<Record<string, readonly string[]>>;
}
