// Who may import whom. Each rule has a planted violation in ../fixtures, and a test that sees it reported.
import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

type Rule = IForbiddenRuleType & { name: string };

const IO =
  '^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads)(/|$)|(^|node_modules/)(@nestjs/|@nats-io/|@kubernetes/|(typeorm|pg|undici|ws|fastify)(/|$))|^libs/(messaging|outbound|persistence|runtime|embedded-cluster|testing)/|^libs/cluster/src/(?!kubeconfig/)';

/** Files that hold rules, projections and renderings only: named after their folder's noun, or by what they are. */
const PURE = [
  '^libs/contracts/src/',
  '^libs/cluster/src/kubeconfig/',
  '^apps/[^/]+/src/([^/]+)/\\1\\.ts$',
  '^apps/.+\\.projection\\.ts$',
  '^apps/gateway/src/dialects/[^/]+/errors\\.ts$',
  '^apps/deployments/src/reconciler/(desired-objects|next-step|observed-status|removal-trouble)\\.ts$',
];

/** A lib and the libs that it may import. */
const LIBS = {
  contracts: [],
  runtime: [],
  messaging: ['contracts', 'runtime'],
  persistence: ['contracts', 'messaging', 'runtime'],
  outbound: ['runtime'],
  cluster: ['outbound', 'runtime'],
  'embedded-cluster': [],
  testing: ['contracts', 'messaging', 'persistence', 'runtime', 'embedded-cluster'],
};

/** Specs, and what only specs import. */
const TESTS = '\\.spec\\.ts$|^(apps|libs)/[^/]+/src/fixture/';

export const rules: Rule[] = [
  {
    name: 'no-cycles',
    comment: 'A cycle has no first file to read, and Nest metadata depends on import order.',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'no-app-imports-another-app',
    comment: 'Apps meet in messages. Only tools start them, through their one door.',
    severity: 'error',
    from: { path: '^apps/([^/]+)/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'libs-import-no-app-and-no-tool',
    severity: 'error',
    from: { path: '^libs/' },
    to: { path: '^(apps|tools)/' },
  },
  {
    name: 'apps-have-one-door',
    comment: 'An app is reached through src/index.ts alone.',
    severity: 'error',
    from: { path: '^tools/' },
    to: { path: '^apps/[^/]+/src/', pathNot: '^apps/[^/]+/src/index\\.ts$' },
  },
  {
    name: 'gateway-knows-no-database-and-no-cluster',
    severity: 'error',
    from: { path: '^apps/gateway/', pathNot: TESTS },
    to: {
      path: '^libs/(persistence|cluster|embedded-cluster)/|(^|node_modules/)(typeorm|pg|@kubernetes/[^/]+)(/|$)',
    },
  },
  {
    name: 'only-three-services-know-the-cluster',
    severity: 'error',
    from: { path: '^apps/', pathNot: `${TESTS}|^apps/(deployments|helm-releases|logs)/` },
    // Reading a kubeconfig opens nothing, and identity checks those that it keeps.
    to: { path: '^libs/cluster/', pathNot: '^libs/cluster/(src|dist)/kubeconfig/' },
  },
  {
    name: 'only-tests-and-tools-use-the-test-libs',
    severity: 'error',
    from: { path: '^(apps|libs)/', pathNot: `${TESTS}|^libs/(testing|embedded-cluster)/` },
    to: { path: '^libs/(testing|embedded-cluster)/' },
  },
  {
    name: 'no-dialect-imports-another',
    severity: 'error',
    from: { path: '^apps/gateway/src/dialects/([^/]+)/' },
    to: { path: '^apps/gateway/src/dialects/', pathNot: '^apps/gateway/src/dialects/$1/' },
  },
  {
    name: 'the-gateway-core-knows-no-dialect',
    severity: 'error',
    from: { path: '^apps/gateway/src/core/', pathNot: TESTS },
    to: { path: '^apps/gateway/src/dialects/' },
  },
  {
    name: 'only-the-gateway-uses-passport',
    severity: 'error',
    from: { path: '^(apps|libs|tools)/', pathNot: '^apps/gateway/' },
    to: { path: '(^|node_modules/)(passport|passport-jwt|@nestjs/passport)(/|$)' },
  },
  {
    name: 'only-libs-cluster-uses-the-kubernetes-client',
    severity: 'error',
    from: { path: '^(apps|libs|tools)/', pathNot: '^libs/cluster/' },
    to: { path: '(^|node_modules/)@kubernetes/' },
  },
  {
    name: 'pure-files-do-no-io',
    comment: 'Rules, projections and renderings are tested without a database, a broker or a cluster.',
    severity: 'error',
    from: { path: PURE, pathNot: TESTS },
    to: { path: IO, dependencyTypesNot: ['type-only'] },
  },
  ...Object.entries(LIBS).map(([lib, allowed]): Rule => ({
    name: `lib-${lib}-imports-only-what-lies-below-it`,
    severity: 'error',
    from: { path: `^libs/${lib}/`, pathNot: TESTS },
    to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
  })),
];

export const options: ICruiseOptions = {
  doNotFollow: { path: 'node_modules' },
  exclude: { path: '^(apps|libs|tools)/[^/]+/(dist|fixtures)/' },
  tsPreCompilationDeps: true,
  enhancedResolveOptions: {
    conditionNames: ['@slipway/source', 'import', 'node', 'default'],
    exportsFields: ['exports'],
    extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
  },
};
