/** Classes that clusters commonly have, the likeliest first. */
const COMMON = ['nginx', 'public', 'haproxy', 'traefik', 'istio'];
const DEFAULT = 'ingressclass.kubernetes.io/is-default-class';

interface IngressClass {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** The class of an Ingress where configuration names none: the cluster's default, else a common one, else the first. */
export function chooseIngressClass(classes: readonly IngressClass[]): string | null {
  const names = classes.map(({ metadata }) => metadata.name).sort();
  const byDefault = classes.find(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true')?.metadata.name;
  return byDefault ?? COMMON.find((name) => names.includes(name)) ?? names[0] ?? null;
}
