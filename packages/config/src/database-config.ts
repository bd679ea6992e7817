import { configPart } from './config-part.ts'
import { required, secret, withDefault } from './setting.ts'
import { integer, url } from './setting-types.ts'

/** How to reach Postgres. */
export const databaseConfig = configPart('Database', {
  url: secret(required('DATABASE_URL', url('postgres:', 'postgresql:'), 'Postgres with user, password and database.')),
  poolMax: withDefault('DATABASE_POOL_MAX', integer(1, 500), '10', 'Most connections of one process.'),
  statementTimeoutMs: withDefault(
    'DATABASE_STATEMENT_TIMEOUT_MS',
    integer(100, 600_000),
    '30000',
    'Longest time one statement may take.',
  ),
})
