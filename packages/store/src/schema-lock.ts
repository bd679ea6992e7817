import type { Transaction } from './database.ts'

/** Holds everybody else's changes to the schema's tables off until the transaction ends. */
export const lockSchema = async (tx: Transaction, schema: string): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('interchange.schema.' || $1, 0))", [schema])
}
