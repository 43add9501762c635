// Sends at the moments of a fixed rate, whether or not what was sent before has been answered: a system that stands still is still asked.
import { setTimeout as delay } from 'node:timers/promises';

export async function openLoop(
  { perSecond, seconds, isOver }: { perSecond: number; seconds: number; isOver: () => boolean },
  send: () => void,
): Promise<void> {
  const begun = performance.now();
  const count = Math.round(perSecond * seconds);
  for (let index = 0; index < count && !isOver(); index += 1) {
    const wait = begun + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await delay(wait);
    send();
  }
}
