import { Flag, Integer, NestedList, Optional, Text, Time } from '@slipway/contracts';

export class Pod {
  @Text() name: string;
  /** Its phase, in Kubernetes' words. */
  @Text() status: string;
  @Flag() ready: boolean;
  @Integer() restart_count: number;
  @Text() @Optional() node_name: string | null;
  @Time() created_at: string;
  @Text() @Optional() reason: string | null;
  @Text() @Optional() message: string | null;
}

export class PodsOfDeployment {
  @NestedList(() => Pod) pods: Pod[];
}
