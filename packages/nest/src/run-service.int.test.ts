import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'

interface Line {
  readonly message: string
  readonly level: string
  readonly [field: string]: unknown
}

interface Run {
  readonly process: ChildProcess
  readonly lines: Line[]
  readonly errors: string[]
  readonly exited: Promise<number | null>
  /** The first line with this message, once it is there. */
  line(message: string): Promise<Line>
}

const program = fileURLToPath(new URL('./service.fixture.ts', import.meta.url))

const run = (env: Readonly<Record<string, string>>): Run => {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: '0', OTEL_SDK_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Line[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (text) => lines.push(JSON.parse(text)))
  createInterface({ input: child.stderr }).on('line', (text) => errors.push(text))
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  const line = (message: string): Promise<Line> =>
    vi.waitFor(
      () => {
        const found = lines.find((candidate) => candidate.message === message)
        if (found === undefined)
          throw new Error(
            `no "${message}" after: ${lines.map(({ message }) => message).join('; ')} ${errors.join(' ')}`,
          )
        return found
      },
      { timeout: 50_000, interval: 20 },
    )
  return { process: child, lines, errors, exited, line }
}

test('a service says where it listens, is ready, and lets go in order on SIGTERM with exit 0', async () => {
  const service = run({})
  const url = String((await service.line('listening'))['url'])
  await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), { timeout: 50_000 })
  service.process.kill('SIGTERM')
  expect(await service.exited).toBe(0)
  const messages = service.lines.map(({ message }) => message)
  expect(messages.slice(messages.indexOf('shutting down'))).toEqual(['shutting down', 'closed', 'stopped'])
  await expect(fetch(`${url}/health/live`)).rejects.toThrow()
})

test('a configuration that is not complete ends it with one table of everything', async () => {
  const service = run({ KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: 'nowhere', PORT: 'high' })
  expect(await service.exited).toBe(1)
  const output = service.errors.join('\n')
  expect(output).toContain('nest-test-service: The configuration has 3 problems:')
  expect(output).toMatch(/KAFKA_BROKERS +not set +set it to host:port/)
  expect(service.lines).toEqual([])
})

test('while Kafka is away it waits and says so, and a SIGTERM then ends it at once', async () => {
  const service = run({ KAFKA_BROKERS: '127.0.0.1:1' })
  expect(await service.line('waiting at start')).toMatchObject({ level: 'warn', what: 'kafka' })
  service.process.kill('SIGTERM')
  expect(await service.exited).toBe(0)
})

test.each(['rejection', 'exception'])('an unhandled %s is logged and ends it with exit 1, in order', async (kind) => {
  const service = run({ TEST_SERVICE_CRASH: kind })
  expect(await service.exited).toBe(1)
  const messages = service.lines.map(({ message }) => message)
  expect(messages).toContain(kind === 'rejection' ? 'a rejection nobody handled' : 'an exception nobody caught')
  expect(messages.at(-1)).toBe('stopped')
})

test('a shutdown that hangs is cut off at SHUTDOWN_TIMEOUT_MS with exit 1', async () => {
  const service = run({ TEST_SERVICE_HANG: 'true', SHUTDOWN_TIMEOUT_MS: '200' })
  await service.line('listening')
  service.process.kill('SIGINT')
  expect(await service.exited).toBe(1)
  expect(service.lines.at(-1)).toMatchObject({ level: 'error', message: 'shutdown took too long' })
})
