import type { Happened } from '@interchange/drill-kit'

/** Says lines on stderr; while something long is going on, also how far it is. */
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

export const createProgress = (stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>): Progress => {
  let shown = ''
  return {
    say(line) {
      stream.write(`${shown === '' ? '' : clear}${line}\n${shown}`)
    },
    show(look) {
      const startedMs = performance.now()
      let saidMs = startedMs
      const draw = (): void => {
        const nowMs = performance.now()
        if (nowMs - startedMs < afterMs) return
        const line = `  ${look()}, ${Math.round((nowMs - startedMs) / 1_000)} s`
        if (stream.isTTY) {
          shown = line
          stream.write(`${clear}${line}`)
        } else if (nowMs - saidMs >= lineMs) {
          saidMs = nowMs
          stream.write(`${line}\n`)
        }
      }
      const timer = setInterval(draw, redrawMs)
      return () => {
        clearInterval(timer)
        if (shown !== '') stream.write(clear)
        shown = ''
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
