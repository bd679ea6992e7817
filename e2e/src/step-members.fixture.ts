import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createPublisher, noMetrics, noTracing, systemClock, type Topic, type Transport } from '@interchange/messaging'
import { type Step, stepCodec } from './waiting-member.fixture.ts'

const members: ChildProcess[] = []

/** Starts the member that `file`, beside this one, holds, as a process of its own. */
export const startMember = (file: string, env: Readonly<Record<string, string>>): ChildProcess => {
  const member = spawn(process.execPath, ['--no-warnings', fileURLToPath(new URL(file, import.meta.url))], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  members.push(member)
  return member
}

/** SIGKILL; resolves when it is gone. */
export const kill = async (member: ChildProcess): Promise<void> => {
  member.kill('SIGKILL')
  if (member.exitCode === null && member.signalCode === null) await once(member, 'exit')
}

/** Ends whatever still runs. */
export const killMembers = async (): Promise<void> => {
  await Promise.all(members.map(kill))
}

export const publishSteps = async (transport: Transport, topic: Topic<Step>, steps: readonly Step[]): Promise<void> => {
  const publisher = await createPublisher({
    transport,
    codec: stepCodec,
    service: { name: 'test', version: '0' },
    clock: systemClock,
    random: Math.random,
    metrics: noMetrics,
    tracing: noTracing,
  })
  await Promise.all(steps.map((step) => publisher.publish(topic, step)))
  await publisher.close()
}

/** `count` steps of each key of `keys`, in turn. */
export const stepsOf = (keys: string, from: number, count: number): readonly Step[] =>
  Array.from({ length: count * keys.length }, (_, n) => ({
    key: keys[n % keys.length] ?? '',
    place: from + Math.floor(n / keys.length),
  }))
