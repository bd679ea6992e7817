import type { HistoryFile } from '@interchange/drill-kit'
import { type Logger, silentLogger } from '@interchange/messaging'

/** A logger that keeps what an operator would be called for: a group that says it is degraded, and that it no longer is. */
export const alarmsInto = (history: HistoryFile): Logger => ({
  ...silentLogger,
  error({ subject, detail }, message) {
    if (message === 'degraded') history.note({ op: 'alarm', subject: String(subject), detail: String(detail) })
  },
  info({ subject }, message) {
    if (message === 'recovered') history.note({ op: 'relief', subject: String(subject) })
  },
})
