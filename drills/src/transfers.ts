import type { Effect, Happened, Ledger, Outputs, ReadRecord } from '@interchange/drill-kit'
import { accountOpening, accounts, clearingAccount, legTopicName, sides } from './load/leg.ts'
import type { Stage } from './stage.ts'
import { isTransfers } from './transfer-topics.ts'

const snapshotEveryMs = 100

/** What is written in transactions here: the legs of transfers, or the load itself. */
export const outputTopics = ({ setting, topic }: Pick<Stage, 'setting' | 'topic'>): readonly string[] =>
  isTransfers(setting) ? sides.map((side) => legTopicName(topic, side)) : [topic]

export const startReaders = async (stage: Stage): Promise<void> => {
  const topics = outputTopics(stage).join()
  await Promise.all(
    (stage.setting.readers ?? []).map((kind) =>
      kind === 'stock-kafkajs'
        ? stage.start('stock-reader', { args: [topics] })
        : stage.start('reader', { args: [topics, kind] }),
    ),
  )
}

/** Which reader has not been shown an acknowledged message yet; '' when each has been shown all of them, in every topic. */
export const unread = (stage: Stage): string => {
  if (stage.setting.readers === undefined) return ''
  const facts = stage.facts()
  const wanted = acknowledged(facts)
  const shown = Map.groupBy(
    facts.filter((fact) => fact.op === 'read'),
    ({ proc, topic }) => `${proc} of ${topic}`,
  )
  const expected = stage.setting.readers.length * outputTopics(stage).length
  if (wanted.size > 0 && shown.size < expected) return `${expected - shown.size} topics are not read`
  for (const [reader, reads] of shown) {
    const left = wanted.difference(new Set(reads.map(({ of }) => of))).size
    if (left > 0) return `${reader} has ${left} messages before it`
  }
  return ''
}

const acknowledged = (facts: readonly Happened[]): ReadonlySet<string> =>
  new Set(facts.flatMap((fact) => (fact.op === 'send' && fact.phase === 'ok' && fact.poison !== true ? [fact.id] : [])))

/** Opens accounts and the group that books legs, and looks at the sum again and again, until it is closed. */
export const openBooks = async (stage: Stage): Promise<() => Promise<void>> => {
  if (stage.setting.books !== true) return async () => undefined
  const { database, history } = stage
  await database.query('CREATE TABLE account (id integer PRIMARY KEY, balance bigint NOT NULL)')
  await database.query(
    'CREATE TABLE leg (row bigserial PRIMARY KEY, transfer uuid NOT NULL, side text NOT NULL, account integer NOT NULL, amount bigint NOT NULL)',
  )
  await database.query(
    'INSERT INTO account SELECT id, CASE WHEN id = $1::integer THEN 0 ELSE $2::bigint END FROM generate_series($1::integer, $3::integer) AS id',
    [clearingAccount, accountOpening, accounts - 1],
  )
  await stage.start('booker')
  let open = true
  const looking = (async () => {
    while (open) {
      const [row] = await database.query<{ total: string }>('SELECT sum(balance) AS total FROM account')
      history.note({ op: 'snapshot', total: Number(row?.total) })
      await new Promise((resolve) => setTimeout(resolve, snapshotEveryMs))
    }
  })()
  return async () => {
    open = false
    await looking
  }
}

/** What is not booked yet, in words. */
export const unbooked = async ({ setting, database, facts }: Stage): Promise<string> => {
  if (setting.books !== true) return ''
  const [row] = await database.query<{ booked: string }>('SELECT count(DISTINCT (transfer, side)) AS booked FROM leg')
  const wanted = sides.length * acknowledged(facts()).size
  return Number(row?.booked) < wanted ? `${row?.booked} of ${wanted} legs are booked` : ''
}

/** The books as they are at the end; undefined where none are kept. */
export const readLedger = async ({ setting, database }: Stage): Promise<Ledger | undefined> => {
  if (setting.books !== true) return undefined
  const [clearing] = await database.query<{ balance: string }>('SELECT balance FROM account WHERE id = $1', [
    clearingAccount,
  ])
  const legs = await database.query<{ transfer: string; side: string; amount: string }>(
    'SELECT transfer::text AS transfer, side, amount FROM leg ORDER BY row',
  )
  return {
    opening: accounts * accountOpening,
    clearing: Number(clearing?.balance),
    legs: legs.map(({ amount, ...leg }) => ({ ...leg, amount: Number(amount) })),
  }
}

/** A transfer is its step's effect: its debit is written in the order of the step's key. */
export const effectsOf = (
  { topics, records }: Outputs,
  log: readonly ReadRecord[],
  facts: readonly Happened[],
): Effect[] => {
  const [first] = topics
  const seqOf = new Map(facts.flatMap((fact) => (fact.op === 'send' ? [[fact.id, fact.seq] as const] : [])))
  const keyOf = new Map(log.map(({ id, key }) => [id, key ?? '']))
  return records
    .filter(({ topic }) => topic === first)
    .map(({ cause }, row) => ({
      row,
      id: cause ?? '',
      key: keyOf.get(cause ?? '') ?? '',
      seq: seqOf.get(cause ?? '') ?? 0,
    }))
}
