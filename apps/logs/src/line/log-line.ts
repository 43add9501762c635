import type { LogLine } from '@slipway/contracts';

import { cutMessage } from './cut-message.js';
import { detectLevel } from './detect-level.js';
import { toLineTime } from './line-time.js';

const APP = 'app';

export interface Written {
  /** As the cluster gave it. */
  readonly time: string;
  readonly text: string;
}

/**
 * What a container wrote as a line. Undefined for text without a time: the rest of a line that is too long, whose beginning is cut
 * already, or a remark of the kubelet in between.
 */
export function toLogLine(written: Written, pod: string, container: string): LogLine | undefined {
  const time = toLineTime(written.time);
  if (time === undefined) return undefined;
  const { message, truncated } = cutMessage(written.text);
  // A JSON line that was cut is none any more.
  const level = detectLevel(written.text);
  return { time, pod, container, source: APP, level, message, ...(truncated && { truncated }) };
}
