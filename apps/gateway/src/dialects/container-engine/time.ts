/** RFC 3339 in UTC with milliseconds, the fraction left out when it is zero. */
export function toTime(time: string): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

export function toTimeOrNull(time: string | null | undefined): string | null {
  return time ? toTime(time) : null;
}
