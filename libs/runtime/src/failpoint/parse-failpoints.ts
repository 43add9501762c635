import { FAILPOINT_NAMES, type FailpointName } from './names.js';

export type Action =
  | { readonly kind: 'kill' | 'exit' | 'drop' }
  /** `pause` lets the rest of the process go on, `block` nothing. */
  | { readonly kind: 'pause' | 'block'; readonly ms: number }
  | { readonly kind: 'error'; readonly code: string };

/** Which passes act, counted from 1. */
export type Trigger =
  | { readonly kind: 'always' }
  | { readonly kind: 'at'; readonly pass: number }
  | { readonly kind: 'every'; readonly passes: number }
  | { readonly kind: 'chance'; readonly probability: number };

export interface Failpoint {
  readonly name: FailpointName;
  readonly action: Action;
  readonly trigger: Trigger;
}

const RULE = /^(?<name>[a-z.-]+)=(?<action>[a-z]+)(?::(?<argument>[^@]+))?(?:@(?<trigger>[a-z0-9:.]+))?$/;
const DURATION = /^(\d+)(ms|s)$/;
const HELP =
  'A rule is <name>=<action>[@<trigger>], rules are separated by ";". Actions: kill, exit, drop, pause:<time>, block:<time> (5s, 200ms), ' +
  'error:<code>. Triggers: @<n> the n-th pass, @every:<n>, @p<0..1>, @once; without one every pass acts.';

/** SLIPWAY_FAILPOINTS. @throws Error naming the rule that cannot be read, with the syntax */
export function parseFailpoints(text: string): readonly Failpoint[] {
  const rules = text
    .split(';')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
  return rules.map((rule) => {
    const { name = '', action: kind = '', argument, trigger } = RULE.exec(rule)?.groups ?? {};
    if (!isName(name)) throw new Error(`SLIPWAY_FAILPOINTS: ${rule}: there is no such failpoint. ${HELP}`);
    const found = { name, action: actionOf(kind, argument), trigger: triggerOf(trigger) };
    if (!found.action || !found.trigger) throw new Error(`SLIPWAY_FAILPOINTS: ${rule} cannot be read. ${HELP}`);
    return found as Failpoint;
  });
}

function isName(name: string): name is FailpointName {
  return FAILPOINT_NAMES.some((known) => known === name);
}

function actionOf(kind: string, argument: string | undefined): Action | undefined {
  if (kind === 'error') return argument === undefined ? undefined : { kind, code: argument };
  if (kind === 'pause' || kind === 'block') {
    const [, count, unit] = DURATION.exec(argument ?? '') ?? [];
    return count === undefined ? undefined : { kind, ms: Number(count) * (unit === 's' ? 1000 : 1) };
  }
  const isKnown = kind === 'kill' || kind === 'exit' || kind === 'drop';
  return isKnown && argument === undefined ? { kind } : undefined;
}

function triggerOf(text: string | undefined): Trigger | undefined {
  if (text === undefined) return { kind: 'always' };
  if (text === 'once') return { kind: 'at', pass: 1 };
  if (/^[1-9]\d*$/.test(text)) return { kind: 'at', pass: Number(text) };
  if (/^every:[1-9]\d*$/.test(text)) return { kind: 'every', passes: Number(text.slice('every:'.length)) };
  if (/^p(?:0|1|[01]?\.\d+)$/.test(text) && Number(text.slice(1)) <= 1)
    return { kind: 'chance', probability: Number(text.slice(1)) };
  return undefined;
}
