import type { HistoryFile } from '@interchange/drill-kit'

const tickMs = 10
const everyMs = 500

/**
 * Notes, now and then, what this process takes of memory, and the longest that it worked without a look at its events: by the time of its
 * own thread, so that a machine which has much else to do is not held against it.
 */
export const tellVitals = (history: HistoryFile): void => {
  let lastMs = threadMs()
  let longestMs = 0
  setInterval(() => {
    const nowMs = threadMs()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
  }, tickMs).unref()
  setInterval(() => {
    history.note({ op: 'measured', figure: 'memoryMb', value: Math.round(process.memoryUsage.rss() / 1_048_576) })
    history.note({ op: 'measured', figure: 'blockedMs', value: Math.round(longestMs) })
    longestMs = 0
  }, everyMs).unref()
}

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
