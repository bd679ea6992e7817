/** Names the matrix acts on: the topics of a group `billing` that makes invoices of orders, and somebody else's. */
export const places = {
  orders: 'acl.orders.v1',
  invoices: 'acl.invoices.v1',
  letters: 'acl.orders.v1.billing.dlq',
  lane: 'acl.orders.v1.billing.replay',
  outcomes: 'acl.delivery-outcome.v1',
  audit: 'acl.replay-audit.v1',
  salaries: 'staff.salaries.v1',
} as const

/** What somebody may try. */
export type Deed =
  | `${'read' | 'write'} ${keyof typeof places}`
  | 'describe billing'
  | 'describe payroll'
  | 'join as billing'
  | 'join as payroll'
  | 'transact as billing'
  | 'transact as payroll'
  | 'create a topic'

/** A role: its rights as `RESOURCE PATTERN name OPERATION`, and what it can do by them; everything else has to be refused. */
export interface Role {
  readonly rights: readonly string[]
  readonly may: readonly Deed[]
}

const rights = (resource: string, operations: readonly string[]): readonly string[] =>
  operations.map((operation) => `${resource} ${operation}`)
const topic = (name: keyof typeof places, ...operations: string[]) =>
  rights(`TOPIC LITERAL ${places[name]}`, operations)

/** One principal for each service, with the rights it needs and no others (reliability page, section 5.1). */
export const roles = {
  producer: { rights: topic('orders', 'WRITE', 'DESCRIBE'), may: ['write orders'] },
  consumer: {
    rights: [
      ...topic('orders', 'READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...topic('lane', 'READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...topic('letters', 'WRITE', 'DESCRIBE'),
      ...topic('outcomes', 'WRITE', 'DESCRIBE'),
      ...rights('GROUP PREFIXED billing', ['READ']),
    ],
    may: ['read orders', 'read lane', 'write letters', 'write outcomes', 'describe billing', 'join as billing'],
  },
  transformer: {
    rights: [
      ...topic('orders', 'READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...topic('lane', 'READ', 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...topic('invoices', 'WRITE', 'DESCRIBE'),
      ...topic('letters', 'WRITE', 'DESCRIBE'),
      ...topic('outcomes', 'WRITE', 'DESCRIBE'),
      ...rights('GROUP PREFIXED billing', ['READ']),
      ...rights('TRANSACTIONAL_ID PREFIXED billing', ['WRITE', 'DESCRIBE']),
    ],
    may: [
      'read orders',
      'read lane',
      'write invoices',
      'write letters',
      'write outcomes',
      'describe billing',
      'join as billing',
      'transact as billing',
    ],
  },
  relay: {
    rights: [...topic('orders', 'WRITE', 'DESCRIBE'), ...topic('invoices', 'WRITE', 'DESCRIBE')],
    may: ['write orders', 'write invoices'],
  },
  desk: {
    rights: [
      ...topic('letters', 'READ', 'DESCRIBE'),
      ...topic('lane', 'READ', 'WRITE', 'DESCRIBE'),
      ...topic('outcomes', 'READ', 'DESCRIBE'),
      ...topic('audit', 'READ', 'WRITE', 'DESCRIBE'),
      ...rights('GROUP PREFIXED billing', ['DESCRIBE']),
      ...rights('CLUSTER LITERAL kafka-cluster', ['DESCRIBE']),
    ],
    may: ['read letters', 'read lane', 'write lane', 'read outcomes', 'read audit', 'write audit', 'describe billing'],
  },
  deployer: {
    // Whoever creates a topic waits until it can be described.
    rights: [
      ...rights('CLUSTER LITERAL kafka-cluster', ['CREATE', 'ALTER']),
      ...rights('TOPIC PREFIXED acl.', ['DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS']),
    ],
    may: ['create a topic'],
  },
  stranger: { rights: [], may: [] },
} as const satisfies Readonly<Record<string, Role>>

export const deeds: readonly Deed[] = [
  ...(Object.keys(places) as (keyof typeof places)[]).flatMap((name): Deed[] => [`read ${name}`, `write ${name}`]),
  'describe billing',
  'describe payroll',
  'join as billing',
  'join as payroll',
  'transact as billing',
  'transact as payroll',
  'create a topic',
]
