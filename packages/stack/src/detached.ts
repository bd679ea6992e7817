import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { InterchangeError } from '@interchange/messaging'
import { brokersAnswer, collectorAnswers, databaseAnswers, registryAnswers } from './addresses.ts'
import type { ComponentName } from './components/component.ts'
import { type Home, homeOf } from './home.ts'
import { type StackOptions, startStack } from './stack.ts'
import { type ComponentState, readState, type StackState } from './state-file.ts'

const downMs = 60_000
const pollMs = 50

/** Which stack is meant. */
export type WhichStack = Pick<StackOptions, 'env' | 'name'>

const homeFor = (which: WhichStack): Home => homeOf(which.env ?? process.env, which.name)

/** A component and whether it answers now. */
export interface ComponentStatus extends ComponentState {
  readonly answers: boolean
}

/** A stack and how it is. */
export interface StackStatus extends Omit<StackState, 'components'> {
  readonly components: readonly ComponentStatus[]
}

/** The stack that runs in this folder; null when none does. */
export const findStack = (which: WhichStack = {}): StackState | null => readState(homeFor(which))

/** Starts a stack that outlives this process, or finds the one that runs already. */
export const stackUp = async (options: StackOptions = {}): Promise<StackState> => {
  const running = findStack(options)
  if (running !== null) return running
  const stack = await startStack(options)
  await stack.detach()
  const state = findStack(options)
  if (state !== null) return state
  throw new InterchangeError('ICX_STACK_START_FAILED', 'the stack ended as soon as it was left alone', {
    class: 'fatal',
  })
}

/** Ends the stack of this folder, whoever started it; resolves to false when none runs. */
export const stackDown = async (which: WhichStack = {}): Promise<boolean> => {
  const state = findStack(which)
  if (state === null) return false
  process.kill(state.guardPid, 'SIGTERM')
  const deadline = performance.now() + downMs
  while (findStack(which) !== null) {
    if (performance.now() > deadline) {
      throw new InterchangeError('ICX_STACK_START_FAILED', `the stack did not end within ${downMs} ms`, {
        class: 'fatal',
        facts: { guardPid: state.guardPid },
      })
    }
    await pause(pollMs)
  }
  return true
}

/** Asks every component of the running stack; null when none runs. */
export const stackStatus = async (which: WhichStack = {}): Promise<StackStatus | null> => {
  const state = findStack(which)
  if (state === null) return null
  const components = await Promise.all(
    state.components.map(async (component) => ({
      ...component,
      answers: await componentAnswers(component.name, state),
    })),
  )
  return { ...state, components }
}

const componentAnswers = async (name: ComponentName, { env }: StackState): Promise<boolean> => {
  const ask: Readonly<Record<ComponentName, () => Promise<boolean>>> = {
    kafka: () => brokersAnswer(env['KAFKA_BROKERS'] ?? '', env),
    registry: () => registryAnswers(env['SCHEMA_REGISTRY_URL'] ?? ''),
    postgres: () => databaseAnswers(env['DATABASE_URL'] ?? ''),
    jaeger: () => collectorAnswers(env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''),
  }
  return await ask[name]()
}

/** The log files of a stack by the name of their component or service, also after its end. */
export const stackLogs = (which: WhichStack = {}): ReadonlyMap<string, string> => {
  const { logs } = homeFor(which)
  let files: string[]
  try {
    files = readdirSync(logs)
  } catch {
    // No stack ever ran here.
    return new Map()
  }
  return new Map(
    files
      .filter((file) => file.endsWith('.log'))
      .sort()
      .map((file) => [file.slice(0, -'.log'.length), join(logs, file)]),
  )
}
