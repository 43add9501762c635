/** How long the simulated cluster takes, all in milliseconds. */
export interface Timings {
  /** Pulling an image. Default 300. */
  pullMs: number;
  /** From the pulled image to the running container. Default 100. */
  startMs: number;
  /** From the running to the ready container. Default 50. */
  readyMs: number;
  /** The same for the image `slow`. Default 3000. */
  slowReadyMs: number;
  /** How long the images `crash` and `memory` run before they end. Default 200. */
  crashAfterMs: number;
  /** How long a container that may end (of a Job, or an init container) runs. Default 500. */
  runMs: number;
  /** The first delay before a failed container or pull is tried again; it doubles each time. Default 1000. */
  backOffMs: number;
  /** The longest such delay. Default 30000. */
  backOffMaxMs: number;
  /** From the deletion of a pod to its end. Default 200. */
  terminationMs: number;
  /** Between two log lines of a running container. Default 2000. */
  logIntervalMs: number;
  /** Between two bookmarks on a watch that asked for them. Default 5000. */
  bookmarkMs: number;
}

export const defaultTimings: Timings = {
  pullMs: 300,
  startMs: 100,
  readyMs: 50,
  slowReadyMs: 3000,
  crashAfterMs: 200,
  runMs: 500,
  backOffMs: 1000,
  backOffMaxMs: 30_000,
  terminationMs: 200,
  logIntervalMs: 2000,
  bookmarkMs: 5000,
};
