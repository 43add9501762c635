// Owns which hosts may become a Domain, and the form they are kept in. Pure.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

import { type Issue, type Problem, problem } from '@slipway/contracts';

const MAX_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What may be typed in ASCII. Beyond it IDNA decides; percent escapes, which it would take apart, are among what is refused here. */
const OTHER_ASCII = /[\0-,/:-@[-`{-\x7f]/;
/** A name whose last label is a number is an IPv4 address, or nothing at all: so browsers read it. */
const ENDS_IN_A_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const RESERVED = ['localhost', 'test', 'example.com'];
const RESERVED_ENDINGS = ['.localhost', '.local', '.internal'];

/** In lower case and in ASCII, or what is wrong with it. `reserved`: whole hosts that nobody gets. */
export function domainName(
  typed: string,
  { suffix, reserved }: { readonly suffix: string; readonly reserved: readonly string[] },
): { readonly host: string } | Problem {
  const lower = typed.toLowerCase();
  if (lower === '' || lower.length > MAX_LENGTH) return wrong('length', { min: 1, max: MAX_LENGTH });
  if (isIP(lower) !== 0 || ENDS_IN_A_NUMBER.test(lower)) return wrong('reserved');
  if (OTHER_ASCII.test(lower)) return wrong('characters');
  const host = domainToASCII(lower);
  if (host.length > MAX_LENGTH) return wrong('length', { min: 1, max: MAX_LENGTH });
  if (ENDS_IN_A_NUMBER.test(host)) return wrong('reserved');
  const labels = host.split('.');
  if (!labels.every((label) => LABEL.test(label))) return wrong('characters');
  const whole = [...RESERVED, suffix, ...reserved.map((one) => one.toLowerCase()).filter((one) => one.includes('.'))];
  if (whole.includes(host) || [...RESERVED_ENDINGS, `.${suffix}`].some((ending) => host.endsWith(ending)))
    return wrong('reserved');
  return labels.length < 2 ? wrong('two_labels') : { host };
}

const TEXTS: Partial<Record<Issue['rule'], string>> = {
  length: `A domain has 1 to ${MAX_LENGTH} characters`,
  characters: 'A domain consists of labels of letters, digits and inner hyphens, at most 63 of them each',
  reserved: 'This domain is reserved',
  two_labels: 'A domain has at least 2 labels',
};

function wrong(rule: Issue['rule'], params?: Issue['params']): Problem {
  const issue: Issue = { path: 'host', rule, kind: 'value', ...(params && { params }) };
  return problem.invalid('domain', TEXTS[rule] ?? 'This is no domain', { issues: [issue] });
}
