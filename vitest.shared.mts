import { fileURLToPath } from 'node:url';

import type { UserWorkspaceConfig } from 'vitest/config';

/** What every project's vitest configuration has in common. Libraries resolve to their sources, so that no build is needed. */
export function shared(name: string): UserWorkspaceConfig {
  return {
    ssr: { resolve: { conditions: ['@slipway/source', 'node'] } },
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    test: {
      name,
      include: ['src/**/*.spec.ts'],
      // What needs the real cluster of this machine runs with `npm run test:cluster`, which names it.
      exclude: [
        ...(process.env.REAL_CLUSTER ? [] : ['**/*.real.spec.ts', '**/*.parts.spec.ts']),
        // It judges what all others made Slipway do, and is named once they are done.
        ...(process.env.AUDIT_FROM ? [] : ['**/access.real.spec.ts']),
      ],
      environment: 'node',
      // One PostgreSQL for all test files of a run, started by the first one that needs it.
      globalSetup: [fileURLToPath(new URL('libs/testing/src/backends/vitest-global-setup.ts', import.meta.url))],
      setupFiles: [fileURLToPath(new URL('libs/testing/src/harness/note-failures.ts', import.meta.url))],
      // A real cluster takes its time; what a test waits for there has a limit of its own.
      testTimeout: process.env.KUBECONFIG_TEST ? 120_000 : 20_000,
      hookTimeout: 60_000,
    },
  } as UserWorkspaceConfig;
}
