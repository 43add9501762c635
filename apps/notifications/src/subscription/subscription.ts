import type { UpdateSubscription, WebhookType } from '@slipway/contracts';

/** What an event of a user is fanned out to at most; far above what anybody has asked for. */
export const MAX_SUBSCRIPTIONS = 100;
/** How long a receiver has to learn the new secret. */
export const PREVIOUS_SECRET_KEPT_MS = 24 * 60 * 60 * 1_000;

export interface Subscription {
  readonly name: string;
  readonly url: string;
  readonly types: WebhookType[];
  readonly active: boolean;
  readonly disabledReason: string | null;
}

/** http or https, without user and password. */
export function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

/** The subscription with what was asked for. Enabling it forgets why it was disabled. */
export function changed(
  before: Subscription,
  { name, url, types, active }: Pick<UpdateSubscription, 'name' | 'url' | 'types' | 'active'>,
): Subscription {
  return {
    name: name ?? before.name,
    url: url ?? before.url,
    types: types ?? before.types,
    active: active ?? before.active,
    disabledReason: active === true ? null : before.disabledReason,
  };
}
