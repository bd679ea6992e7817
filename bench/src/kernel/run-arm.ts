import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
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
const deadlineMs = 600_000

/** Runs an arm in a process of its own. `nodeArgs` such as `--cpu-prof` go to Node. Rejects with what it said on stderr. */
export const runArmProcess = async (
  arm: Arm,
  input: ArmInput,
  { signal, nodeArgs }: { readonly signal: AbortSignal; readonly nodeArgs: readonly string[] },
): Promise<ArmResult> => {
  const [command, args] = clientCommand([...nodeArgs, programOf(arm), JSON.stringify(input)])
  const child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } = spawn(command, args, {
    cwd: checkoutFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  const [answer, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (code !== 0 || answer === '') {
    throw new Error(`${arm.label} ended with ${code}:\n${complaints.slice(-2_000)}${answer.slice(-500)}`)
  }
  // What a library prints comes before.
  return JSON.parse(answer.trimEnd().split('\n').at(-1) ?? '') as ArmResult
}
