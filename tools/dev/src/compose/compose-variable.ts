/** A name as the variables of `.env` begin with it: `helm-releases` is `HELM_RELEASES`. */
export function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
