/** Milliseconds of the machine's monotonic clock: the same in all its processes, and no correction of the time of day moves it. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
