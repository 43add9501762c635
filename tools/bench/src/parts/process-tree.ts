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

/** Resident memory of the largest process among a process and its descendants: that of the services, under `npm start`. */
export function largestResidentBytesOf(root: number): number {
  let largest = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid) && isBelow(pid, root)) largest = Math.max(largest, residentBytesOf(pid));
  }
  return largest;
}

function isBelow(pid: number, root: number): boolean {
  for (let one = pid; one > 1; one = statOf(one)?.parent ?? 0) if (one === root) return true;
  return false;
}

function residentBytesOf(pid: number): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
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
