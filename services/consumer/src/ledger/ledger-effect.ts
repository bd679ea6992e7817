/** What a message changes in the ledger. */
export type LedgerEffect = JournalEntry | BillingCustomer

/** The accounts of the book. Receivable holds what customers owe us; the others are its counter-accounts. */
export type Account = 'receivable' | 'sales' | 'shipping' | 'tax' | 'discounts' | 'refunds' | 'bad-debt'

/** One document in the book. Its postings sum to zero. */
export interface JournalEntry {
  readonly kind: 'order' | 'cancellation' | 'refund' | 'adjustment'
  readonly documentId: string
  readonly messageId: string
  /** Who took the order; null for documents whose event does not say. */
  readonly source: 'retail' | 'shop' | null
  /** The order it belongs to; null when the source names none. */
  readonly orderRef: string | null
  readonly postedAtMs: number
  readonly currency: string
  readonly postings: readonly Posting[]
}

/** A debit (positive) or credit (negative) in minor units of the journal entry's currency. */
export interface Posting {
  readonly account: Account
  readonly amountMinor: number
}

/** A customer as bills need it. */
export interface BillingCustomer {
  readonly kind: 'customer'
  readonly customerId: string
  readonly messageId: string
  readonly legalName: string
  readonly addressLines: readonly string[]
  readonly city: string | null
  readonly region: string | null
  readonly postalCode: string | null
  readonly countryCode: string | null
  readonly email: string | null
  readonly registeredAtMs: number
}

/** The newest state of each customer by event time, the later one in the batch when times are equal, sorted by id. */
export const newestCustomers = (customers: readonly BillingCustomer[]): readonly BillingCustomer[] => {
  const newest = new Map<string, BillingCustomer>()
  for (const customer of customers) {
    const known = newest.get(customer.customerId)
    if (known === undefined || known.registeredAtMs <= customer.registeredAtMs)
      newest.set(customer.customerId, customer)
  }
  return [...newest.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1))
}
