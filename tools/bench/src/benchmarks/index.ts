import type { Benchmark } from '../benchmark.js';
import { logFollowers } from './log-followers.js';

/** All there are, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [logFollowers];
