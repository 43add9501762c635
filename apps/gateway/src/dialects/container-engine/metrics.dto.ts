import { Integer, Nested, NestedList, Optional, Text, Time } from '@slipway/contracts';

class Cpu {
  @Integer() usage_millicores: number;
  @Integer() request_millicores: number;
  @Integer() limit_millicores: number;
}

class Memory {
  @Integer() usage_bytes: number;
  @Integer() request_bytes: number;
  @Integer() limit_bytes: number;
}

class PodUsage {
  @Text() name: string;
  @Integer() cpu_millicores: number;
  @Integer() memory_bytes: number;
}

class UsagePoint {
  @Time() timestamp: string;
  @Integer() cpu_millicores: number;
  @Integer() memory_bytes: number;
}

/** Empty where the cluster has no metrics, or tells of no pod. */
class Metrics {
  @Time() @Optional() timestamp?: string;
  @Integer() @Optional() window_seconds?: number;
  @Nested(() => Cpu) @Optional() cpu?: Cpu;
  @Nested(() => Memory) @Optional() memory?: Memory;
  @NestedList(() => PodUsage) @Optional() pods?: PodUsage[];
  /** With `from` or `to`, unless there is none. */
  @NestedList(() => UsagePoint) @Optional() history?: UsagePoint[];
}

export class DeploymentMetrics {
  @Nested(() => Metrics) metrics: Metrics;
}
