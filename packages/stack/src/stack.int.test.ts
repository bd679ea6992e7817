import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseAnswers } from './addresses.ts'
import { httpAnswers, kafkaAnswers } from './answers.ts'
import { fetchJvmParts } from './components/jvm-parts.ts'
import { publicClusterFolder } from './components/postgres-ground.ts'
import { findStack, stackDown, stackStatus, stackUp } from './detached.ts'
import { type Environment, homeOf } from './home.ts'
import { findJava } from './java.ts'
import { createReport } from './report.ts'
import { type RunningStack, startStack } from './stack.ts'

const run = promisify(execFile)

// A home and processes of its own, whatever the set-up found for the other tests.
const home = mkdtempSync(join(tmpdir(), 'interchange-stack-'))
const env: Environment = {
  ...process.env,
  INTERCHANGE_HOME: home,
  INTERCHANGE_STACK: 'local',
  KAFKA_BROKERS: undefined,
  SCHEMA_REGISTRY_URL: undefined,
  DATABASE_URL: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  JAEGER_QUERY_URL: undefined,
}

afterAll(() => {
  const folders = ['attached', 'broken', 'orphaned', 'detached'].map((name) => publicClusterFolder(homeOf(env, name)))
  for (const folder of [...folders, home]) rmSync(folder, { recursive: true, force: true })
})

// A process that has ended but was not yet collected by its new parent ("Z") still takes signals, so ask what it is.
const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.includes('Z')
}

const until = async (state: () => boolean | Promise<boolean>, deadlineMs: number): Promise<void> => {
  const deadline = performance.now() + deadlineMs
  while (!(await state())) {
    if (performance.now() > deadline) throw new Error(`not so after ${deadlineMs} ms`)
    await pause(20)
  }
}

const pidsOf = (stack: RunningStack): number[] =>
  [stack.kafka, stack.registry, stack.postgres, stack.jaeger]
    .flatMap((component) => component?.pid() ?? [])
    .concat(stack.guardPid)

const topics = async (brokers: string, ...args: string[]): Promise<string> => {
  const java = await findJava(env)
  const { kafkaFolder } = await fetchJvmParts(
    env,
    createReport(() => undefined),
  )
  const command = ['-cp', join(kafkaFolder, '*'), 'org.apache.kafka.tools.TopicCommand', '--bootstrap-server', brokers]
  return (await run(java, [...command, ...args])).stdout
}

describe('a stack of local processes', () => {
  let stack: RunningStack
  beforeAll(async () => {
    stack = await startStack({ env, name: 'attached', fresh: true })
  })
  afterAll(async () => {
    await stack.stop()
  })

  it('answers on every address it gives, all of them loopback', async () => {
    const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = stack.addresses
    const [host = '', port = ''] = kafkaBrokers.split(':')
    expect(host).toBe('127.0.0.1')
    expect(await kafkaAnswers(host, Number(port))).toBe(true)
    expect(await httpAnswers(`${schemaRegistryUrl}/subjects`)).toBe(true)
    expect(await databaseAnswers(databaseUrl)).toBe(true)
    expect(Object.keys(stack.env)).toEqual(
      expect.arrayContaining(['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL']),
    )
  })

  it('refuses a second stack in the same folder', async () => {
    await expect(startStack({ env, name: 'attached' })).rejects.toMatchObject({ code: 'ICX_STACK_ALREADY_RUNNING' })
  })

  it('brings a killed broker back on the same port with its topics', async () => {
    const { kafkaBrokers } = stack.addresses
    await topics(kafkaBrokers, '--create', '--topic', 'kept', '--partitions', '3')
    const before = stack.kafka.pid()
    await stack.kafka.kill()
    expect(stack.kafka.pid()).toBeNull()
    await stack.kafka.start()
    expect(stack.kafka.pid()).not.toBe(before)
    expect(await topics(kafkaBrokers, '--list')).toContain('kept')
  })

  it('keeps schema ids over a killed registry', async () => {
    const { schemaRegistryUrl } = stack.addresses
    const schema = JSON.stringify({ type: 'record', name: 'Kept', fields: [{ name: 'id', type: 'string' }] })
    const registered = await fetch(`${schemaRegistryUrl}/subjects/kept-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    })
    const { id } = (await registered.json()) as { id: number }
    await stack.registry.kill()
    expect(await httpAnswers(`${schemaRegistryUrl}/subjects`)).toBe(false)
    await stack.registry.start()
    expect(await (await fetch(`${schemaRegistryUrl}/schemas/ids/${id}`)).json()).toMatchObject({ schema })
  })

  it('runs a service until it is ready, and again after it was killed', async () => {
    const entry = join(home, 'service.mjs')
    writeFileSync(
      entry,
      `import { createServer } from 'node:http'
       let ready = false
       setTimeout(() => { ready = true }, 300)
       createServer((request, response) => {
         response.statusCode = request.url === '/health/ready' && !ready ? 503 : 200
         response.end(process.env.KAFKA_BROKERS + ' ' + process.env.EXTRA)
       }).listen(Number(process.env.PORT), '127.0.0.1')`,
    )
    const service = await stack.startService({ name: 'sample', entry, env: { EXTRA: 'given' } })
    const said = async (): Promise<string> => await (await fetch(service.url)).text()
    expect(await said()).toBe(`${stack.addresses.kafkaBrokers} given`)
    service.kill('SIGKILL')
    expect(await service.exited()).toEqual({ code: null, signal: 'SIGKILL' })
    await service.restart()
    expect(await said()).toBe(`${stack.addresses.kafkaBrokers} given`)
    expect(await service.stop()).toEqual({ code: null, signal: 'SIGTERM' })
  })

  it('shows the log of a service that does not start', async () => {
    const entry = join(home, 'broken.mjs')
    writeFileSync(entry, 'throw new Error("no such setting")')
    await expect(stack.startService({ name: 'broken', entry })).rejects.toMatchObject({
      code: 'ICX_STACK_START_FAILED',
      message: expect.stringContaining('no such setting'),
    })
  })

  // Last: it ends the stack above.
  it('stops within seconds, twice if asked twice, and leaves no process', async () => {
    const pids = pidsOf(stack)
    expect(pids.length).toBeGreaterThanOrEqual(4)
    await stack.stop()
    await stack.stop()
    await until(() => pids.every((pid) => !isAlive(pid)), 1_000)
    expect(findStack({ env, name: 'attached' })).toBeNull()
  })
})

it('leaves nothing running when one component cannot start', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : 0
  const broken = { ...env, POSTGRES_PORT: String(taken) }
  await expect(startStack({ env: broken, name: 'broken' })).rejects.toMatchObject({
    code: 'ICX_STACK_START_FAILED',
    message: expect.stringContaining('already in use'),
  })
  server.close()
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
  expect(stdout.split('\n').filter((line) => line.includes(join(home, 'broken')))).toEqual([])
})

it('ends every component within two seconds when its owner is killed', async () => {
  const entry = new URL('./stack.ts', import.meta.url).href
  const code = `
    const { startStack } = await import(${JSON.stringify(entry)})
    const stack = await startStack({ name: 'orphaned' })
    const components = [stack.kafka, stack.registry, stack.postgres, stack.jaeger]
    console.log(JSON.stringify([stack.guardPid, ...components.flatMap((component) => component?.pid() ?? [])]))`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    owner.once('exit', (code_) => reject(new Error(`the owner ended with ${code_}`)))
  })
  const pids = JSON.parse(line) as number[]
  expect(pids.length).toBeGreaterThanOrEqual(4)
  expect(pids.every(isAlive)).toBe(true)
  owner.kill('SIGKILL')
  await until(() => pids.every((pid) => !isAlive(pid)), 2_000)
})

it('goes up for good, tells how it is, and comes down from another process', async () => {
  const which = { env, name: 'detached' }
  const state = await stackUp(which)
  expect(await stackUp(which)).toEqual(state)
  const status = await stackStatus(which)
  expect(status?.lifeStyle).toBe('detached')
  expect(status?.components.map(({ answers }) => answers)).not.toContain(false)
  const onDisk: unknown = JSON.parse(readFileSync(join(home, 'detached', 'stack.json'), 'utf8'))
  expect(onDisk).toEqual(state)
  expect(await stackDown(which)).toBe(true)
  expect(await stackDown(which)).toBe(false)
  const pids = state.components.flatMap(({ pid }) => pid ?? [])
  expect(pids.filter(isAlive)).toEqual([])
})
