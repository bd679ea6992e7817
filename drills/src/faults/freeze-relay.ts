import { setTimeout as pause } from 'node:timers/promises'
import { freeze, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'

/**
 * Of two relays the one that holds the lease is stopped where it is (SIGSTOP) until the other has taken it and sent rows, then goes on
 * (SIGCONT) with what it had in its hands. Seen when the system shows it stopped and the lease is the other's; both then end in order,
 * and no write of either has moved the cursor back.
 */
export const freezeRelay: Fault = {
  name: 'freeze-relay',
  async carryOut({ stage, random }) {
    await watchCursor(stage)
    const relays = await Promise.all([stage.start('relay'), stage.start('relay')])
    const holder = await waitFor(async () => relayOf(relays, await readLease(stage)), {
      timeoutMs: seenMs,
      everyMs: 20,
      what: 'a relay with the lease',
    })
    // Anywhere in the work on a page.
    await pause(random() * 500)
    await freeze(holder)
    const { position } = await readLease(stage)
    try {
      const taken = async (): Promise<boolean> => {
        const lease = await readLease(stage)
        return relayOf(relays, lease) !== holder && lease.position > position
      }
      await waitFor(taken, { timeoutMs: seenMs, everyMs: 50, what: `another to relay for ${holder.proc}` })
    } finally {
      await thaw(holder)
    }
    await pause(1_000)
    for (const relay of relays) {
      const { code } = await relay.process.stop(20_000)
      if (code !== 0) throw new Error(`${relay.proc} ended with exit code ${code}`)
    }
    const [back] = await stage.database.query<{ count: number }>('SELECT count(*)::integer AS count FROM went_back')
    if (back?.count !== 0) throw new Error(`a late relay moved the cursor back ${back?.count} times`)
    return holder.proc
  },
}

/** Notes each write that moves the cursor back: the other's next one would hide it. */
const watchCursor = async ({ database }: Stage): Promise<void> => {
  await database.transaction(async (tx) => {
    await tx.query('CREATE TABLE IF NOT EXISTS went_back (owner text)')
    await tx.query(
      `CREATE OR REPLACE FUNCTION note_back() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN INSERT INTO went_back VALUES (NEW.owner); RETURN NEW; END $$`,
    )
    await tx.query(
      `CREATE OR REPLACE TRIGGER note_back BEFORE UPDATE ON outbox_relay
       FOR EACH ROW WHEN (NEW.sent_xid < OLD.sent_xid) EXECUTE FUNCTION note_back()`,
    )
  })
}

interface Lease {
  readonly owner: string
  /** How far rows are sent. */
  readonly position: bigint
}

const readLease = async ({ database }: Stage): Promise<Lease> => {
  const [row] = await database.query<{ owner: string | null; position: string }>(
    'SELECT owner, sent_xid::text AS position FROM outbox_relay',
  )
  return { owner: row?.owner ?? '', position: BigInt(row?.position ?? 0) }
}

/** An owner is `host/pid/…`. */
const relayOf = (relays: readonly Actor[], { owner }: Lease): Actor | undefined =>
  relays.find((relay) => relay.pid() === Number(owner.split('/')[1]))
