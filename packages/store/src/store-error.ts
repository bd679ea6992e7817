import { type ErrorCode, type ErrorFacts, type FailureClass, InterchangeError } from '@interchange/messaging'
import pg from 'pg'

/**
 * What a failed statement means for the message: an outage waits, contention is tried again, refused data is that message's own
 * fault. SQLSTATE classes are those of the PostgreSQL manual, appendix A.
 */
export const storeError = (cause: unknown): unknown => {
  if (cause instanceof InterchangeError) return cause
  // A value that cannot be serialised is a defect of the caller, not of the database.
  if (cause instanceof TypeError || cause instanceof RangeError) return cause
  if (!(cause instanceof pg.DatabaseError) || cause.code === undefined) {
    return failure('ICX_STORE_UNAVAILABLE', 'outage', cause, {})
  }
  const { code, failureClass } = classify(cause.code)
  return failure(code, failureClass, cause, {
    sqlState: cause.code,
    constraint: cause.constraint ?? null,
    table: cause.table ?? null,
    column: cause.column ?? null,
  })
}

const failure = (code: ErrorCode, failureClass: FailureClass, cause: unknown, facts: ErrorFacts): InterchangeError =>
  new InterchangeError(code, `Postgres: ${cause instanceof Error ? cause.message : String(cause)}`, {
    class: failureClass,
    cause,
    facts,
  })

const contention = new Set(['40001', '40P01', '55P03', '57014', '0A000', 'XX000'])

const classify = (sqlState: string): { code: ErrorCode; failureClass: FailureClass } => {
  if (contention.has(sqlState)) return { code: 'ICX_STORE_CONTENTION', failureClass: 'transient' }
  switch (sqlState.slice(0, 2)) {
    case '22': // data exception
    case '23': // integrity constraint violation
    case 'P0': // raised by a trigger or function
      return { code: 'ICX_STORE_REFUSED', failureClass: 'poison' }
    case '25': // a statement after a failed one (25P02), or a standby that takes no writes (25006)
    case '40':
      return sqlState === '25006'
        ? { code: 'ICX_STORE_UNAVAILABLE', failureClass: 'outage' }
        : { code: 'ICX_STORE_CONTENTION', failureClass: 'transient' }
    case '3F': // no such schema
    case '42': // no such table or column, or no right to it: every message would fail, so it waits for the deployment
      return { code: 'ICX_STORE_SCHEMA', failureClass: 'outage' }
    default: // connection, credentials, resources, shutdown, system errors
      return { code: 'ICX_STORE_UNAVAILABLE', failureClass: 'outage' }
  }
}
