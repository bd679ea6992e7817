import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { waitFor } from '@interchange/testing'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Running {
  readonly pid: number
  readonly parent: number
  readonly state: string
  readonly command: string
}

const running = (): readonly Running[] =>
  spawnSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => {
      const [pid, parent, state = '', ...command] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), state, command: command.join(' ') }
    })
    // One that has ended and was not yet collected by its parent is no more than a line.
    .filter(({ state }) => !state.startsWith('Z'))

/** The guard of a drill, and everything it has started. */
const startedBy = (drill: number): readonly Running[] => {
  const all = running()
  const guard = all.find(({ command }) => command.includes('guard-main.js') && command.includes(`drill-${drill}-`))
  return guard === undefined ? [] : [guard, ...all.filter(({ parent }) => parent === guard.pid)]
}

test('Ctrl-C while a member stands still ends the drill with 130 and everything that it started', {
  timeout: 300_000,
}, async () => {
  const drill = spawn(process.execPath, [main, '--only', 'B2'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const { pid = 0 } = drill
  let words = ''
  drill.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => drill.once('close', (code) => resolve(code)))
  try {
    const whileOneStandsStill = () => {
      const started = startedBy(pid)
      return started.some(({ state }) => state.startsWith('T')) && started
    }
    const started = await Promise.race([
      waitFor(whileOneStandsStill, { timeoutMs: 180_000, everyMs: 50, what: 'a frozen member' }),
      ended.then((code) => Promise.reject(new Error(`the drill ended with ${code} before: ${words}`))),
    ])
    // The guard, a broker, a database, two members and a writer.
    expect(started.length).toBeGreaterThanOrEqual(6)
    drill.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(words).toContain('everything that was started has ended')
    const pids = new Set(started.map((each) => each.pid))
    expect(running().filter((each) => pids.has(each.pid))).toEqual([])
  } finally {
    drill.kill('SIGKILL')
  }
})
