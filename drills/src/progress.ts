import type { Happened } from '@interchange/drill-kit'

/** Says lines on stderr; while long things are going on, also how far they are. */
export interface Progress {
  say(line: string): void
  /** Shows what `look` answers, once it has lasted for 2 s, until the returned function is called. */
  show(look: () => string): () => void
}

const afterMs = 2_000
const redrawMs = 1_000
/** Where lines stay on the screen, or in a file, there are fewer. */
const lineMs = 30_000
const clear = '\r\u001b[2K'

interface Look {
  readonly look: () => string
  readonly startedMs: number
  saidMs: number
}

const lineOf = ({ look, startedMs }: Look, nowMs: number): string =>
  `${look()}, ${Math.round((nowMs - startedMs) / 1_000)} s`

export const createProgress = (
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> & Partial<Pick<NodeJS.WriteStream, 'columns'>>,
): Progress => {
  const looks = new Set<Look>()
  let shown = ''

  const draw = (): void => {
    const nowMs = performance.now()
    const lasting = [...looks].filter(({ startedMs }) => nowMs - startedMs >= afterMs)
    if (stream.isTTY) {
      // A line that wraps could not be drawn over.
      const line = lasting.map((each) => lineOf(each, nowMs)).join(' | ')
      const next = line === '' ? '' : `  ${line}`.slice(0, (stream.columns ?? 120) - 1)
      if (shown !== '' || next !== '') stream.write(`${clear}${next}`)
      shown = next
      return
    }
    for (const each of lasting) {
      if (nowMs - each.saidMs < lineMs) continue
      each.saidMs = nowMs
      stream.write(`  ${lineOf(each, nowMs)}\n`)
    }
  }

  let timer: NodeJS.Timeout | undefined
  return {
    say(line) {
      stream.write(`${shown === '' ? '' : clear}${line}\n${shown}`)
    },
    show(look) {
      const nowMs = performance.now()
      const mine: Look = { look, startedMs: nowMs, saidMs: nowMs }
      looks.add(mine)
      timer ??= setInterval(draw, redrawMs)
      return () => {
        looks.delete(mine)
        if (stream.isTTY) draw()
        if (looks.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** How far a drill is, from what was noted so far. */
export const progressLine = (facts: readonly Happened[], faultsPlanned: number): string => {
  const acknowledged = facts.filter((fact) => fact.op === 'send' && fact.phase === 'ok').length
  const begun = facts.filter((fact) => fact.op === 'fault' && fact.phase === 'begin')
  const last = facts.findLast((fact) => fact.op === 'fault' || fact.op === 'heal')
  const now = last === undefined ? 'starting' : last.op === 'heal' ? 'settling' : last.op === 'fault' ? last.fault : ''
  return `${acknowledged} acknowledged, fault ${begun.length} of ${faultsPlanned}: ${now}`
}
