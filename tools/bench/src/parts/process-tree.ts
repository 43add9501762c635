// What a process and all that it started cost, as /proc tells it.
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in these, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

interface Told {
  readonly parent: number;
  readonly ticks: number;
}

/** Seconds of CPU that a process and its descendants have used. */
export function cpuSecondsOf(root: number): number {
  const told = new Map<number, Told>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const one = statOf(pid);
    if (one) told.set(pid, one);
  }
  const belongs = (pid: number): boolean => pid === root || (told.has(pid) && belongs(told.get(pid)?.parent ?? 0));
  let ticks = 0;
  for (const [pid, one] of told) if (belongs(pid)) ticks += one.ticks;
  return ticks / TICKS_PER_SECOND;
}

/** Memory that a process holds, what it shares with others included. @throws Error when there is no such process */
export function residentBytesOf(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

/** Memory of a process with its share of what it shares: over several processes they add up. @throws Error when there is no such process */
export function proportionalBytesOf(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m);
}

function kilobytes(file: string, pattern: RegExp): number {
  const text = pattern.exec(readFileSync(file, 'utf8'))?.[1];
  if (text === undefined) throw new Error(`${file} does not tell ${pattern}`);
  return 1024 * Number(text);
}

// Undefined for one that has ended meanwhile.
function statOf(pid: number): Told | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
