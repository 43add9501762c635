// Reads docker-compose.yml as far as the tests need it: commands, environments, order.
import { parse } from 'yaml';

export interface ComposeService {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  /** With every `${…}` put in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  /** It starts only with one of them; without any, always. */
  readonly profiles: readonly string[];
  /** The words of its health check. */
  readonly healthcheck: readonly string[];
  readonly dependsOn: readonly string[];
}

interface RawService {
  image: string;
  command?: string[];
  environment?: Record<string, string | number>;
  volumes?: string[];
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, unknown>;
}

/** The services in an order in which each comes after those it depends on. */
export function readCompose(text: string, variables: Readonly<Record<string, string>>): ComposeService[] {
  const { services } = parse(text, { merge: true }) as { services: Record<string, RawService> };
  const read = Object.entries(services).map(([name, service]): ComposeService => ({
    name,
    image: service.image,
    command: service.command ?? [],
    environment: Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([key, value]) => [key, interpolate(String(value), variables)]),
    ),
    volumes: service.volumes ?? [],
    profiles: service.profiles ?? [],
    healthcheck: service.healthcheck?.test ?? [],
    dependsOn: Object.keys(service.depends_on ?? {}),
  }));
  const ordered: ComposeService[] = [];
  while (ordered.length < read.length) {
    const next = read.filter(
      (service) =>
        !ordered.includes(service) && service.dependsOn.every((name) => ordered.some((done) => done.name === name)),
    );
    if (next.length === 0)
      throw new Error('services of docker-compose.yml wait for each other, or for one that is not there');
    ordered.push(...next);
  }
  return ordered;
}

/**
 * `${NAME}`, `${NAME:-default}` and `${NAME:?}` as compose reads them: an empty variable counts as absent, and a default may hold
 * others.
 */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  // The innermost first.
  const inner = /\$\{(\w+)(?::([-?])([^${}]*))?\}/;
  const found = inner.exec(text);
  if (!found) return text;
  const [whole, name = '', kind, rest = ''] = found;
  const value = variables[name];
  if (!value && kind === '?') throw new Error(`docker-compose.yml needs ${name}`);
  return interpolate(
    text.replace(whole, () => value || rest),
    variables,
  );
}

/** The lines of a `.env` file. */
export function readVariables(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
