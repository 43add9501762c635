import { Flag, Id, NestedList, Optional, Sealed, Text, TextList } from '../fields.js';
import type { UserId } from '../ids.js';

/** Of a kubeconfig, in bytes of UTF-8. */
export const KUBECONFIG_MAX_BYTES = 512 * 1024;
export const CONTEXTS_MAX = 1_000;
/** Any characters, such as the colons and slashes of a cloud provider's names. */
const NAME_MAX = 65_536;

/**
 * Saves a kubeconfig and says which of its contexts may be used. An absent or empty text keeps the saved one, absent names keep those that
 * were allowed before; names that the text does not have fall away.
 */
export class ReplaceClusterContexts {
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Optional() @Sealed() rawKubeConfig?: string | null;
  @TextList({ max: CONTEXTS_MAX, maxLength: NAME_MAX }) @Optional() allowed?: string[] | null;
}

/** Names of contexts that may be used, in the order of the kubeconfig. */
export class AllowedContexts {
  @TextList({ max: CONTEXTS_MAX, maxLength: NAME_MAX }) names: string[];
}

export class ClusterContextView {
  @Text({ max: NAME_MAX }) name: string;
  /** A URL, as the kubeconfig spells it. */
  @Text({ max: NAME_MAX }) server: string;
  @Text({ max: NAME_MAX }) cluster: string;
  @Text({ max: NAME_MAX }) user: string;
  @Flag() allowed: boolean;
}

export class ClusterContexts {
  @NestedList(() => ClusterContextView, { max: CONTEXTS_MAX }) contexts: ClusterContextView[];
}

export class KubeconfigSource {
  /** As it was saved; empty when none is. */
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Sealed() text: string;
  @TextList({ max: CONTEXTS_MAX, maxLength: NAME_MAX }) allowed: string[];
}

export class ResolveClusterContext {
  @Text({ max: NAME_MAX }) name: string;
}

/** One cluster and one way to prove who we are, and nothing else of the kubeconfig. Certificates and key are PEM text. */
export class ClusterConnection {
  @Text({ max: NAME_MAX }) context: string;
  @Text({ max: NAME_MAX }) server: string;
  @Text({ max: 253 }) @Optional() tlsServerName?: string | null;
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Optional() certificateAuthority?: string | null;
  @Flag() @Optional() skipTlsVerify?: boolean | null;
  @Text({ max: 63 }) @Optional() namespace?: string | null;
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Optional() @Sealed() token?: string | null;
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Optional() clientCertificate?: string | null;
  @Text({ max: KUBECONFIG_MAX_BYTES }) @Optional() @Sealed() clientKey?: string | null;
}

/** The contexts of a user are others now. Names only: a connection is asked for when it is used. */
export class ClusterContextsReplaced {
  @Id() userId: UserId;
  @TextList({ max: CONTEXTS_MAX, maxLength: NAME_MAX }) names: string[];
}
