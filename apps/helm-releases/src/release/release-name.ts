const MAX_LENGTH = 53;
const LABELS = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Helm's rule, https://pkg.go.dev/helm.sh/helm/v3/pkg/chartutil#ValidateReleaseName. */
export function isReleaseName(name: string): boolean {
  return name.length <= MAX_LENGTH && LABELS.test(name);
}
