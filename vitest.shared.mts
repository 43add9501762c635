import type { UserWorkspaceConfig } from 'vitest/config';

/** What every project's vitest configuration has in common. Libraries resolve to their sources, so that no build is needed. */
export function shared(name: string): UserWorkspaceConfig {
  return {
    ssr: { resolve: { conditions: ['@slipway/source', 'node'] } },
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    test: {
      name,
      include: ['src/**/*.spec.ts'],
      environment: 'node',
      setupFiles: [],
      testTimeout: 20_000,
      hookTimeout: 60_000,
    },
  } as UserWorkspaceConfig;
}
