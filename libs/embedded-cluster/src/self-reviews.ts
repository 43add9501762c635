// Owns the two questions that a client asks about itself. There is one user here, and it may do everything.
import type { JsonObject } from './objects.js';

const GROUPS = ['system:masters', 'system:authenticated'];

/** The answered review when `path` is one's collection, or undefined. */
export function selfReview(path: string): JsonObject | undefined {
  if (path === '/apis/authentication.k8s.io/v1/selfsubjectreviews') {
    const status = { userInfo: { username: 'embedded', groups: GROUPS } };
    return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status };
  }
  if (path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
    const status = { allowed: true };
    return { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, status };
  }
  return undefined;
}
