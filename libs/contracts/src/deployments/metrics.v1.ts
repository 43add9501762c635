import { Integer, Nested, NestedList, Optional, Text, Time } from '../fields.js';
import { AppRef } from './deployments.v1.js';

/** The history is asked for by `from` or `to`; it reaches back one hour at most. */
export class GetMetrics {
  @Nested(() => AppRef) app: AppRef;
  @Time() @Optional() from?: string;
  @Time() @Optional() to?: string;
  /** Of one point of the history; default 60. */
  @Integer({ min: 1, max: 3_600 }) @Optional() resolutionSeconds?: number;
}

export class CpuUsage {
  @Integer({ min: 0 }) usageMillicores: number;
  @Integer({ min: 0 }) requestMillicores: number;
  @Integer({ min: 0 }) limitMillicores: number;
}

export class MemoryUsage {
  @Integer({ min: 0 }) usageBytes: number;
  @Integer({ min: 0 }) requestBytes: number;
  @Integer({ min: 0 }) limitBytes: number;
}

export class PodUsage {
  @Text({ max: 253 }) name: string;
  @Integer({ min: 0 }) cpuMillicores: number;
  @Integer({ min: 0 }) memoryBytes: number;
}

export class MetricsSample {
  @Time() time: string;
  /** Over what the CPU was averaged. */
  @Integer({ min: 0 }) windowMs: number;
  /** Usage is the sum over `pods`; requests and limits are those of the current Revision, for as many. */
  @Nested(() => CpuUsage) cpu: CpuUsage;
  @Nested(() => MemoryUsage) memory: MemoryUsage;
  @NestedList(() => PodUsage) pods: PodUsage[];
}

/** The means of the samples from `time` on, for as long as the resolution says. */
export class UsagePoint {
  @Time() time: string;
  @Integer({ min: 0 }) cpuMillicores: number;
  @Integer({ min: 0 }) memoryBytes: number;
}

export class AppMetrics {
  /** The newest one; null when the cluster tells of no pod of the App, or has no metrics at all. */
  @Nested(() => MetricsSample) @Optional() sample: MetricsSample | null;
  /** Only on request. What one replica remembers since it was started. */
  @NestedList(() => UsagePoint, { max: 1_000 }) @Optional() history: UsagePoint[] | null;
}
