import { InterchangeError, type Logger } from '@interchange/messaging'
import pg from 'pg'
import { listen } from './listen.ts'
import { storeError } from './store-error.ts'

/** Plain SQL with `$1` parameters. `bigint` and `numeric` columns come as text, as pg gives them. Rejects with `storeError`. */
export interface Queryable {
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

/** An open transaction; ends with the `work` it was given to. */
export interface Transaction extends Queryable {
  /** As `query`, for statements that answer no rows: how many they wrote. */
  execute(sql: string, values?: readonly unknown[]): Promise<number>
}

/** A pool of connections whose statements see one schema. */
export interface Database extends Queryable {
  readonly schema: string
  /**
   * Runs `work` in one read-committed transaction and commits. Rolls back when `work` rejects, and also when it hides a failed
   * statement: a transaction never half-succeeds.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /**
   * Calls `wake` for every NOTIFY on the channel with the schema's name, on a connection of its own, and once after every
   * (re)connect, since what came before was missed. Ends with the answered function.
   */
  listen(wake: () => void): () => Promise<void>
  /** Waits for the connections in use. Idempotent. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly url: string
  /** Lower-case letters, digits and underscores. `migrate` creates it. */
  readonly schema: string
  /** Most connections. Default 10. */
  readonly poolMax?: number
  /** Longest time of one statement, in milliseconds. Default 30,000. */
  readonly statementTimeoutMs?: number
  /**
   * How long a process may leave a transaction open and say nothing, in milliseconds; then Postgres ends its session. Less than a
   * session with Kafka: a member that stands still must have let go of its rows when another takes over. Default 10,000.
   */
  readonly idleInTransactionMs?: number
  /** Longest wait for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** What Postgres shows in `pg_stat_activity`. */
  readonly applicationName?: string
  readonly logger?: Logger
}

/** Connects on first use. Throws `ICX_CONFIG_INVALID` when the schema's name is not a plain one. */
export const createDatabase = (options: DatabaseOptions): Database => {
  const { schema, logger, statementTimeoutMs = 30_000, idleInTransactionMs = 10_000 } = options
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new InterchangeError('ICX_CONFIG_INVALID', `"${schema}" is no plain schema name`, { class: 'fatal' })
  }
  const connectionTimeoutMillis = options.connectTimeoutMs ?? 5_000
  const connection = {
    connectionString: options.url,
    keepAlive: true,
    application_name: options.applicationName ?? 'interchange',
  }
  const pool = new pg.Pool({
    ...connection,
    max: options.poolMax ?? 10,
    connectionTimeoutMillis,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // The server's limit does not help when the server is gone without a word.
    query_timeout: statementTimeoutMs + 5_000,
    options: `-c search_path=${schema}`,
  })
  // The pool drops a connection that breaks while idle and opens another; without a listener the process would end.
  pool.on('error', (error) => logger?.warn({ schema, error }, 'an idle database connection broke'))
  // One that breaks between two statements of a transaction tells nobody else; the next statement rejects.
  pool.on('connect', (client) => client.on('error', () => undefined))
  let closing: Promise<void> | undefined

  return {
    schema,
    async query<Row extends object>(sql: string, values?: readonly unknown[]) {
      const client = await connect(pool)
      let broken = true
      try {
        const { rows } = await run<Row>(client, sql, values)
        broken = false
        return rows
      } catch (error) {
        broken = isOutage(error)
        throw error
      } finally {
        client.release(broken)
      }
    },
    async transaction(work) {
      const client = await connect(pool)
      let broken = true
      try {
        const result = await transact(client, work)
        broken = false
        return result
      } catch (error) {
        broken = isOutage(error) || !(await rolledBack(client))
        throw error
      } finally {
        client.release(broken)
      }
    },
    listen: (wake) =>
      listen({
        connection: { ...connection, connectionTimeoutMillis },
        schema,
        wake,
        onBroken: (error) => logger?.warn({ schema, error }, 'the listening database connection broke'),
      }),
    close: () => (closing ??= pool.end()),
  }
}

const connect = async (pool: pg.Pool): Promise<pg.PoolClient> => {
  try {
    return await pool.connect()
  } catch (error) {
    throw storeError(error)
  }
}

const run = async <Row extends object>(
  client: pg.PoolClient,
  sql: string,
  values: readonly unknown[] | undefined,
): Promise<pg.QueryResult<Row>> => {
  try {
    return await (values === undefined ? client.query<Row>(sql) : client.query<Row>(sql, [...values]))
  } catch (error) {
    throw storeError(error)
  }
}

const transact = async <Result>(client: pg.PoolClient, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
  let failed: unknown
  const ask = async <Row extends object>(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult<Row>> => {
    // Postgres refuses everything after a failed statement; the first failure is the one that says why.
    if (failed !== undefined) throw failed
    try {
      return await run<Row>(client, sql, values)
    } catch (error) {
      failed = error
      throw error
    }
  }
  const tx: Transaction = {
    async query<Row extends object>(sql: string, values?: readonly unknown[]) {
      return (await ask<Row>(sql, values)).rows
    },
    async execute(sql, values) {
      return (await ask(sql, values)).rowCount ?? 0
    },
  }
  await run(client, 'BEGIN', undefined)
  let result: Result
  try {
    result = await work(tx)
  } catch (error) {
    // An error of the database's says whether to retry; a wrapper around it does not.
    throw error instanceof InterchangeError ? error : (failed ?? error)
  }
  // COMMIT of a failed transaction reports success and rolls back.
  if (failed !== undefined) throw failed
  await run(client, 'COMMIT', undefined)
  return result
}

const rolledBack = async (client: pg.PoolClient): Promise<boolean> => {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    // The caller throws what went wrong first; the connection is thrown away, which also rolls back.
    return false
  }
}

const isOutage = (error: unknown): boolean => error instanceof InterchangeError && error.failureClass === 'outage'
