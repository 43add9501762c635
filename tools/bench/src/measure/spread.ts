/** What several rounds gave: no mean, which one bad round would move and no reader could see. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws Error when there is nothing to spread, or something that is no number */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (min === undefined || max === undefined || below === undefined || above === undefined)
    throw new Error('a spread needs at least one value');
  if (!sorted.every(Number.isFinite)) throw new Error(`not all of these are numbers: ${values.join(', ')}`);
  return { min, median: (below + above) / 2, max };
}
