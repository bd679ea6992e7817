import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { checkoutFolder } from '@interchange/stack'
import { createDatabase } from '@interchange/store'
import { waitFor } from '@interchange/testing'

/** The consumer service as it is deployed, a process of its own. */
export interface RunningConsumer {
  /** What `/health/ready` answers. */
  health(): Promise<Health>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number | null>
  /** Everything it said. */
  log(): string
}

interface Health {
  readonly status: string
  readonly relays: readonly { readonly group: string; readonly state: string; readonly sent: number }[]
}

const needed = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the int project, whose set-up starts the stack`)
  return value
}

/** An empty database beside the one of the environment; its URL. */
export const newDatabaseUrl = async (): Promise<string> => {
  const name = `consumer_test_${randomBytes(6).toString('hex')}`
  const server = createDatabase({ url: needed('DATABASE_URL'), schema: 'public' })
  await server.query(`CREATE DATABASE ${name}`)
  await server.close()
  const url = new URL(needed('DATABASE_URL'))
  url.pathname = `/${name}`
  return url.href
}

const started: ChildProcess[] = []

/** Starts it on the components of the environment, without waiting for anything. */
export const startConsumer = (env: Readonly<Record<string, string>>): RunningConsumer => {
  const child = spawn(process.execPath, [join(checkoutFolder, 'services/consumer/dist/main.js')], {
    env: { ...process.env, PORT: '0', OTEL_SDK_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let said = ''
  let url: string | undefined
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    said += `${line}\n`
    const { message, url: address } = JSON.parse(line) as { message: string; url?: string }
    if (message === 'listening') url = address
  })
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    async health() {
      if (url === undefined) throw new Error(`it does not listen yet: ${said.slice(-2_000)}`)
      return (await (await fetch(`${url}/health/ready`)).json()) as Health
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    exited,
    log: () => said,
  }
}

/** Waits until the service is able to work and its relay for `group` is in this state. */
export const untilRelay = async (consumer: RunningConsumer, group: string, state: string): Promise<void> => {
  await waitFor(
    async () => {
      const { status, relays } = await consumer.health()
      if (status === 'ok' && relays.some((relay) => relay.group === group && relay.state === state)) return true
      throw new Error(JSON.stringify({ status, relays }))
    },
    { timeoutMs: 120_000, everyMs: 100, what: `a relay of ${group} that is ${state}` },
  )
}

/** Ends whatever still runs. */
export const killConsumers = (): void => {
  for (const child of started) child.kill('SIGKILL')
}
