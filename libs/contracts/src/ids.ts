declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]?: Name };

/** Ids are lower-case version 4 UUIDs; the brand keeps one noun's id from being passed for another's. */
export type UserId = Branded<'User'>;
export type CredentialId = Branded<'Credential'>;
export type TeamId = Branded<'Team'>;
export type EnvironmentId = Branded<'Environment'>;
export type AppId = Branded<'App'>;
export type ContainerId = Branded<'Container'>;
export type DomainId = Branded<'Domain'>;
export type SubscriptionId = Branded<'Subscription'>;
export type DeliveryId = Branded<'Delivery'>;
