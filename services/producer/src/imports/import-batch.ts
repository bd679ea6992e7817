import { setTimeout as delay } from 'node:timers/promises'
import { type InvoiceReceived, invoiceReceived } from '@interchange/contracts'
import { InterchangeError, type Publisher } from '@interchange/messaging'
import type { Claim, ClaimStore, Confirmation } from '../claims/claim-store.ts'
import { type ReadyInvoice, type RejectedLine, rejectAll } from './judge-invoice.ts'

/** Natural keys of the retail export are invoice numbers. */
export const retailSource = 'retail'

/** What became of a batch of invoices, before it is checkpointed. */
export interface BatchOutcome {
  readonly confirmations: readonly Confirmation[]
  /** Claims whose events no broker or schema takes. */
  readonly released: readonly string[]
  readonly published: number
  readonly duplicate: number
  readonly rejectedInvoices: number
  readonly rejected: readonly RejectedLine[]
}

export interface BatchTools {
  readonly claims: ClaimStore
  readonly publisher: Publisher
  readonly now: () => number
  /** Aborts when the job is no longer ours or the process stops. */
  readonly signal: AbortSignal
  /** How long one publish is tried before it is tried again, in milliseconds. */
  readonly publishDeadlineMs: number
}

/**
 * Claims the invoices in one statement, publishes what nobody has published before, all at once, and waits until Kafka has every
 * one of them, however long an outage takes. Rejects when `signal` aborts or the database fails.
 */
export const publishBatch = async (
  tools: BatchTools,
  jobId: string,
  invoices: readonly ReadyInvoice[],
): Promise<BatchOutcome> => {
  if (invoices.length === 0) return nothing
  const facts = { source: retailSource, topic: invoiceReceived.name, jobId, nowMs: tools.now() }
  const claims = await tools.claims.claim(
    facts,
    invoices.map(({ invoiceNo, contentHash }) => ({ naturalKey: invoiceNo, contentHash, correlationId: undefined })),
  )
  const outcomes = await Promise.all(
    invoices.map((invoice, at) => settleInvoice(tools, jobId, invoice, claims[at] as Claim)),
  )
  return {
    confirmations: outcomes.flatMap((outcome) => ('offset' in outcome ? [outcome] : [])),
    released: outcomes.flatMap((outcome) => ('released' in outcome ? [outcome.released] : [])),
    published: outcomes.filter((outcome) => 'offset' in outcome || outcome.as === 'published').length,
    duplicate: outcomes.filter((outcome) => 'as' in outcome && outcome.as === 'duplicate').length,
    rejectedInvoices: outcomes.filter((outcome) => 'rejected' in outcome).length,
    rejected: outcomes.flatMap((outcome) => ('rejected' in outcome ? outcome.rejected : [])),
  }
}

const nothing: BatchOutcome = {
  confirmations: [],
  released: [],
  published: 0,
  duplicate: 0,
  rejectedInvoices: 0,
  rejected: [],
}

type InvoiceOutcome =
  | Confirmation
  | { readonly as: 'published' | 'duplicate' }
  | { readonly as: 'rejected'; readonly rejected: readonly RejectedLine[] }
  | { readonly as: 'rejected'; readonly rejected: readonly RejectedLine[]; readonly released: string }

const settleInvoice = async (
  tools: BatchTools,
  jobId: string,
  invoice: ReadyInvoice,
  claim: Claim,
): Promise<InvoiceOutcome> => {
  if (!claim.contentHash.equals(invoice.contentHash)) {
    const seen = new Date(claim.firstSeenMs).toISOString()
    const reason = `ICX_INBOX_CONFLICT: invoice ${invoice.invoiceNo} was seen with other content at ${seen}`
    return { as: 'rejected', rejected: rejectAll(invoice.source, reason) }
  }
  // Published by this job before it was interrupted, or by another one.
  if (claim.published) return { as: claim.jobId === jobId ? 'published' : 'duplicate' }
  const value: InvoiceReceived = { invoiceNo: invoice.invoiceNo, batchId: jobId, lines: invoice.lines }
  try {
    return await publishUntilTaken(tools, value, claim)
  } catch (error) {
    if (!(error instanceof InterchangeError) || !refuses.has(error.failureClass)) throw error
    const reason = `${error.code}: ${error.message}`
    return { as: 'rejected', rejected: rejectAll(invoice.source, reason), released: claim.eventId }
  }
}

const publishUntilTaken = async (tools: BatchTools, value: InvoiceReceived, claim: Claim): Promise<Confirmation> => {
  for (;;) {
    tools.signal.throwIfAborted()
    try {
      const { partition, offset } = await tools.publisher.publish(invoiceReceived, value, {
        messageId: claim.eventId,
        correlationId: claim.correlationId,
        timeMs: claim.firstSeenMs,
        deadlineMs: tools.publishDeadlineMs,
      })
      return { eventId: claim.eventId, partition, offset }
    } catch (error) {
      // An outage is not poison: the same id is tried again. The pause is for a publisher that refuses at once.
      if (!(error instanceof InterchangeError) || !waits.has(error.failureClass)) throw error
      await delay(pauseMs, undefined, { signal: tools.signal })
    }
  }
}

const pauseMs = 200
/** This one value is refused, by its schema or by the broker for its size. */
const refuses: ReadonlySet<string> = new Set(['poison', 'contract'])
const waits: ReadonlySet<string> = new Set(['outage', 'transient', 'rate-limited'])
