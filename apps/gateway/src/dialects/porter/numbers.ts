const DECIMAL = /^[1-9][0-9]*$/;
const REVISION = /^(?:0|[1-9][0-9]*)$/;
const MAX_REVISION = 2 ** 31 - 1;

/** A user's number in a path; null for what is none. */
export function numberOf(text: string): number | null {
  const number = Number(text);
  return DECIMAL.test(text) && Number.isSafeInteger(number) ? number : null;
}

/** A revision in a path; null for what is none. */
export function revisionOf(text: string): number | null {
  const number = Number(text);
  return REVISION.test(text) && number <= MAX_REVISION ? number : null;
}
