// What the router knows, kept a second time: Fastify tells that a method and path do not match together, but not which methods the
// path has. Filled from the routes as they are registered, so that it cannot differ from them.

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
}

export class RouteTable {
  private readonly routes: Route[] = [];

  add(methods: string | readonly string[], pattern: string): void {
    const segments = pattern.split('/');
    for (const method of [methods].flat()) this.routes.push({ method, segments });
  }

  /** The methods of a path as it was sent, in alphabetical order; none when the path is unknown. */
  methodsOf(path: string): string[] {
    const segments = path.split('/');
    const methods = this.routes.filter((route) => matches(route.segments, segments)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const open = pattern.at(-1) === '*';
  if (open ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((expected, index) => {
    const actual = path[index] ?? '';
    if (expected === '*') return true;
    if (expected.startsWith(':')) return actual !== '';
    return expected === decoded(actual);
  });
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
