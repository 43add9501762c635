import { type Condition, timestamp } from '../objects.js';

/** The conditions with this one set; lastTransitionTime moves only when the status does. */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition): Condition[] {
  const others = conditions ?? [];
  const before = others.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : timestamp();
  const entry = { ...next, lastTransitionTime };
  return before ? others.map((other) => (other === before ? entry : other)) : [...others, entry];
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
