import type { AppId } from '@slipway/contracts';

/** The namespace of an App that has one for itself: `<prefix>-<name cut to 40>-<first 8 digits of the id>`. */
export function dedicatedNamespace(prefix: string, app: { readonly id: AppId; readonly name: string }): string {
  return `${prefix}-${app.name.slice(0, 40)}-${app.id.slice(0, 8)}`;
}
