import type { Happened } from './history.ts'
import type { Kernel } from './kernel.ts'
import { type Mode, runSeed } from './run-seed.ts'

/** Everything that happened in a seed, one line each, violations where they show. */
export const printTrace = async (
  kernel: Kernel,
  seed: number,
  mode: Mode,
  print: (line: string) => void,
): Promise<void> => {
  const { history, violations, plan } = await runSeed(kernel, seed, mode)
  const { messages, strangers, ...settings } = plan
  print(`seed ${seed}: ${JSON.stringify({ ...settings, messages: messages.length, strangers: strangers.length })}`)
  for (const [index, event] of history.entries()) {
    print(lineOf(event))
    for (const violation of violations)
      if (violation.index === index) print(`>>>>>>>> ${violation.invariant}: ${violation.detail}`)
  }
}

const lineOf = (event: Happened): string => {
  const { kind, atMs, ...facts } = event
  const { process = '', bytes: _bytes, ...others } = facts as Record<string, unknown>
  const rest = Object.entries(others).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`],
  )
  return `${String(atMs).padStart(6)} ms  ${kind.padEnd(9)} ${String(process).padEnd(11)} ${rest.join(' ')}`
}
