import { Nested, NestedList } from '../fields.js';
import { AppRef, PodView } from './deployments.v1.js';

export class ListPods {
  @Nested(() => AppRef) app: AppRef;
}

/** The present pods, oldest first; those that are on their way out are not among them. */
export class PodList {
  @NestedList(() => PodView) pods: PodView[];
}
