import type { Transaction } from '@interchange/store'
import { type BillingCustomer, type JournalEntry, type LedgerEffect, newestCustomers } from './ledger-effect.ts'

/**
 * Writes the effects of a batch in at most three statements. The journal only grows, so that order and cancellation
 * may arrive in any order; its primary key refuses a document that comes twice under two message ids.
 */
export const applyLedger = async (tx: Transaction, effects: readonly LedgerEffect[]): Promise<void> => {
  const entries = effects.filter((effect) => effect.kind !== 'customer')
  await insertJournal(tx, entries)
  await insertPostings(tx, entries)
  await upsertCustomers(tx, newestCustomers(effects.filter((effect) => effect.kind === 'customer')))
}

const insertJournal = async (tx: Transaction, entries: readonly JournalEntry[]): Promise<void> => {
  if (entries.length === 0) return
  await tx.query(
    `INSERT INTO journal (kind, document_id, message_id, source, order_ref, posted_at, currency)
     SELECT kind, document_id, message_id, source, order_ref, to_timestamp(posted_at_ms / 1000.0), currency
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
       AS added (kind, document_id, message_id, source, order_ref, posted_at_ms, currency)
     ORDER BY kind, document_id`,
    [
      entries.map(({ kind }) => kind),
      entries.map(({ documentId }) => documentId),
      entries.map(({ messageId }) => messageId),
      entries.map(({ source }) => source),
      entries.map(({ orderRef }) => orderRef),
      entries.map(({ postedAtMs }) => postedAtMs),
      entries.map(({ currency }) => currency),
    ],
  )
}

const insertPostings = async (tx: Transaction, entries: readonly JournalEntry[]): Promise<void> => {
  const postings = entries.flatMap((entry) => entry.postings.map((posting) => ({ entry, posting })))
  if (postings.length === 0) return
  await tx.query(
    `INSERT INTO posting (kind, document_id, account, currency, amount_minor)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])`,
    [
      postings.map(({ entry }) => entry.kind),
      postings.map(({ entry }) => entry.documentId),
      postings.map(({ posting }) => posting.account),
      postings.map(({ entry }) => entry.currency),
      postings.map(({ posting }) => posting.amountMinor),
    ],
  )
}

/** A state that is older than the one we hold (a late replay) changes nothing. */
const upsertCustomers = async (tx: Transaction, customers: readonly BillingCustomer[]): Promise<void> => {
  if (customers.length === 0) return
  await tx.query(
    `INSERT INTO billing_customer AS known (customer_id, message_id, legal_name, address_lines, city, region,
                                            postal_code, country_code, email, registered_at)
     SELECT customer_id, message_id, legal_name, ARRAY(SELECT jsonb_array_elements_text(address_lines::jsonb)), city,
            region, postal_code, country_code, email, to_timestamp(registered_at_ms / 1000.0)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                 $9::text[], $10::bigint[])
       AS added (customer_id, message_id, legal_name, address_lines, city, region, postal_code, country_code, email,
                 registered_at_ms)
     ORDER BY customer_id
     ON CONFLICT (customer_id) DO UPDATE
       SET message_id = excluded.message_id, legal_name = excluded.legal_name,
           address_lines = excluded.address_lines, city = excluded.city, region = excluded.region,
           postal_code = excluded.postal_code, country_code = excluded.country_code, email = excluded.email,
           registered_at = excluded.registered_at
       WHERE known.registered_at <= excluded.registered_at`,
    [
      customers.map(({ customerId }) => customerId),
      customers.map(({ messageId }) => messageId),
      customers.map(({ legalName }) => legalName),
      customers.map(({ addressLines }) => JSON.stringify(addressLines)),
      customers.map(({ city }) => city),
      customers.map(({ region }) => region),
      customers.map(({ postalCode }) => postalCode),
      customers.map(({ countryCode }) => countryCode),
      customers.map(({ email }) => email),
      customers.map(({ registeredAtMs }) => registeredAtMs),
    ],
  )
}
