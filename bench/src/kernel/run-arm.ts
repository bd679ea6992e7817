import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { checkoutFolder } from '@interchange/stack'
import type { Arm } from './arms.ts'
import type { ArmInput, ArmResult } from './meter.ts'
import { clientCommand } from './pinning.ts'

export const peersFolder: string = join(checkoutFolder, 'peers/bench')
const peersPrefix = 'peers/'

const programOf = ({ program }: Arm): string =>
  program.startsWith(peersPrefix)
    ? join(peersFolder, program.slice(peersPrefix.length))
    : join(import.meta.dirname, 'arms', program)

/** An arm that takes so long has hung; on a machine that others load, one pass of the slowest takes minutes. */
const deadlineMs = 240_000

export interface ArmRun {
  readonly signal: AbortSignal
  /** Called with what a `follows` arm says when it has joined: when it expects order 0, in milliseconds since the epoch. */
  readonly onReady?: (startAtMs: number) => void
}

/** Runs an arm in a process of its own, which has ended when this settles. Rejects with what it said on stderr. */
export const runArmProcess = async (arm: Arm, input: ArmInput, { signal, onReady }: ArmRun): Promise<ArmResult> => {
  const nodeArgs = arm.kind === 'alone' ? arm.nodeArgs : []
  const [command, args] = clientCommand([...nodeArgs, programOf(arm), JSON.stringify(input)])
  const deadline = AbortSignal.timeout(deadlineMs)
  const child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } = spawn(command, args, {
    cwd: checkoutFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  const end = (): void => void child.kill('SIGKILL')
  const anyway = AbortSignal.any([signal, deadline])
  anyway.addEventListener('abort', end, { once: true })
  if (anyway.aborted) end()
  try {
    // What a library prints may come between.
    let answer: ArmResult | undefined
    const lines = createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"')) return
      const said = JSON.parse(line) as ArmResult | { readonly startAtMs: number }
      if ('startAtMs' in said) onReady?.(said.startAtMs)
      else answer = said
    })
    const [complaints, [code]] = await Promise.all([text(child.stderr), once(child, 'exit'), once(lines, 'close')])
    signal.throwIfAborted()
    if (deadline.aborted) throw new Error(`${arm.label} did not end in ${deadlineMs / 1_000} s`)
    if (code !== 0 || answer === undefined) {
      const reason = /^\w*Error: .*$/m.exec(complaints)?.[0] ?? `ended with ${code}`
      throw new Error(`${arm.label}: ${reason}`, { cause: complaints.slice(-4_000) })
    }
    return answer
  } finally {
    anyway.removeEventListener('abort', end)
  }
}
