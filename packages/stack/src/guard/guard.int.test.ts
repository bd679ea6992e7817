import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type Guard, startGuard } from './guard.ts'
import type { ProcessSpec } from './protocol.ts'

const folder = mkdtempSync(join(tmpdir(), 'interchange-guard-'))
const stateFile = join(folder, 'stack.json')
const logFile = join(folder, 'guard.log')

/** Runs until it is killed; with `deaf` it ignores every polite signal. */
const sleeper = (name: string, deaf = false): ProcessSpec => ({
  name,
  command: process.execPath,
  args: ['-e', `${deaf ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000); console.log('up')`],
  cwd: folder,
  env: {},
  logFile: join(folder, `${name}.log`),
  role: 'component',
  stopSignal: 'SIGTERM',
})

// A process that has ended but was not yet collected by its new parent ("Z") still takes signals, so ask what it is.
const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.includes('Z')
}

const until = async (state: () => boolean, deadlineMs: number): Promise<void> => {
  const deadline = performance.now() + deadlineMs
  while (!state()) {
    if (performance.now() > deadline) throw new Error(`not so after ${deadlineMs} ms`)
    await pause(20)
  }
}

const guards: Guard[] = []
const guardForTest = (): Guard => {
  const guard = startGuard({ stateFile, logFile })
  guards.push(guard)
  return guard
}
afterEach(async () => {
  await Promise.all(guards.splice(0).map((guard) => guard.end()))
})

/** A process that owns a guard with two children, one of which is deaf; resolves to all three pids. */
const ownerWithGuard = async (): Promise<{ owner: ChildProcess; pids: readonly number[] }> => {
  const code = `
    const { startGuard } = await import(${JSON.stringify(new URL('./guard.ts', import.meta.url).href)})
    const guard = startGuard(${JSON.stringify({ stateFile, logFile })})
    const specs = ${JSON.stringify([sleeper('polite'), sleeper('deaf', true)])}
    const children = await Promise.all(specs.map((spec) => guard.spawn(spec)))
    console.log(JSON.stringify([guard.pid, ...children.map((child) => child.pid)]))`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) => {
    owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
  })
  await until(() => readFileSync(join(folder, 'deaf.log'), 'utf8').includes('up'), 5_000)
  return { owner, pids: JSON.parse(line) as number[] }
}

it.each(['SIGKILL', 'SIGTERM'] as const)('ends everything within two seconds of its owner’s %s', async (signal) => {
  const { owner, pids } = await ownerWithGuard()
  expect(pids.map(isAlive)).toEqual([true, true, true])
  owner.kill(signal)
  await until(() => pids.every((pid) => !isAlive(pid)), 2_000)
})

it('tells its owner how a child ended, and can start it again under the same name', async () => {
  const guard = guardForTest()
  const first = await guard.spawn(sleeper('again'))
  first.kill('SIGKILL')
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })
  const second = await guard.spawn(sleeper('again'))
  expect(second.exit()).toBeNull()
  expect(second.pid).not.toBe(first.pid)
})

it('says which program could not be started', async () => {
  const guard = guardForTest()
  await expect(guard.spawn({ ...sleeper('absent'), command: '/nowhere/program' })).rejects.toMatchObject({
    code: 'ICX_STACK_START_FAILED',
    message: expect.stringContaining('/nowhere/program'),
  })
})

it('leaves no child behind when the guard itself is killed', async () => {
  const guard = guardForTest()
  const child = await guard.spawn(sleeper('bereft', true))
  process.kill(guard.pid, 'SIGKILL')
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await until(() => !isAlive(child.pid), 2_000)
})

it('outlives its owner when detached, and ends in good order on SIGTERM', async () => {
  const guard = startGuard({ stateFile, logFile })
  const child = await guard.spawn(sleeper('detached'))
  await guard.detach()
  expect(isAlive(child.pid)).toBe(true)
  process.kill(guard.pid, 'SIGTERM')
  await until(() => !isAlive(child.pid) && !isAlive(guard.pid), 5_000)
})
