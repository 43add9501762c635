// What the journal says of a fact: one sentence, who did what to which App.
import type {
  AppCreated,
  AppDeleted,
  AppDeleting,
  AppPhaseChanged,
  AppRestarted,
  AppScaled,
  AppUpdated,
  DomainChanged,
  EventActor,
} from '@slipway/contracts';

const MAX_LENGTH = 4096;

const who = (actor: EventActor | null | undefined): string => actor?.username ?? 'Slipway';
const replicas = (count: number): string => `${count} ${count === 1 ? 'replica' : 'replicas'}`;

export const sentenceOfCreated = ({ app, actor, replicas: count }: AppCreated): string =>
  `${who(actor)} created ${app.name} with ${replicas(count)}.`;

export function sentenceOfUpdated({ app, actor, changes, revision }: AppUpdated): string {
  const what = changes.map((change) => change.replaceAll('_', ' '));
  const listed = what.length > 1 ? `${what.slice(0, -1).join(', ')} and ${what.at(-1)}` : (what[0] ?? 'nothing');
  return `${who(actor)} changed ${listed} of ${app.name}${revision ? `, now revision ${revision}` : ''}.`;
}

export function sentenceOfScaled({ app, actor, old, new: wanted }: AppScaled): string {
  if (wanted === 0) return `${who(actor)} stopped ${app.name}.`;
  if (old === 0) return `${who(actor)} started ${app.name} with ${replicas(wanted)}.`;
  return `${who(actor)} scaled ${app.name} from ${old} to ${replicas(wanted)}.`;
}

export const sentenceOfRestarted = ({ app, actor }: AppRestarted): string => `${who(actor)} restarted ${app.name}.`;

export function sentenceOfPhase({ app, to, reason, message }: AppPhaseChanged): string {
  const state = to === 'failed' ? `${app.name} failed` : `${app.name} is ${to}`;
  const why = [reason, message].filter((part) => part !== '').join(': ');
  const sentence = why === '' ? state : `${state}: ${why}`;
  return sentence.length < MAX_LENGTH ? withStop(sentence) : `${sentence.slice(0, MAX_LENGTH - 1)}…`;
}

export const sentenceOfDomainAdded = ({ app, actor, domain }: DomainChanged): string =>
  `${who(actor)} added the domain ${domain.host} to ${app.name}.`;

export const sentenceOfDomainVerified = ({ app, domain }: DomainChanged): string =>
  `The domain ${domain.host} of ${app.name} is verified.`;

export const sentenceOfDomainFailed = ({ app, domain }: DomainChanged): string =>
  `The domain ${domain.host} of ${app.name} is not verified: ${domain.reason}`;

export const sentenceOfDomainRemoved = ({ app, actor, domain }: DomainChanged): string =>
  `${who(actor)} removed the domain ${domain.host} from ${app.name}.`;

export const sentenceOfDeleting = ({ app, actor }: AppDeleting): string => `${who(actor)} deleted ${app.name}.`;

export const sentenceOfDeleted = ({ app }: AppDeleted): string => `${app.name} is gone from the cluster.`;

const withStop = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);
