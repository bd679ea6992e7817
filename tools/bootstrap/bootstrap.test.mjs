import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { withLock } from './lock.mjs'
import { platformProblem } from './platform.mjs'
import { contentStamp, filesUnder, unlessStamped, workspaceFolders } from './stamp.mjs'
import { pinnedVersions, toolchainEnv, withoutNpmContext } from './toolchain.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = () => mkdtempSync(join(tmpdir(), 'interchange-bootstrap-'))
const child = new URL('./child.mjs', import.meta.url).href

it('runs on Linux and macOS, on x64 and arm64, from Node 18 on', () => {
  for (const platform of ['linux', 'darwin']) {
    for (const arch of ['x64', 'arm64']) expect(platformProblem(platform, arch, '18.0.0')).toBeNull()
  }
})

it.each([
  ['win32', 'x64', '24.0.0', 'WSL'],
  ['linux', 'riscv64', '24.0.0', 'linux riscv64'],
  ['linux', 'x64', '16.20.2', 'Node 16.20.2'],
])('says why it does not run on %s %s with Node %s', (platform, arch, node, words) => {
  expect(platformProblem(platform, arch, node)).toContain(words)
})

it('pins Node and pnpm in one place each', async () => {
  expect(await pinnedVersions(root)).toEqual({
    node: readFileSync(join(root, '.node-version'), 'utf8').trim(),
    pnpm: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  })
})

it('puts the pinned programs first on the PATH and sends no telemetry', () => {
  const env = toolchainEnv('/pinned', { PATH: '/usr/bin', HOME: '/home/me' })
  expect(env).toEqual({ PATH: '/pinned:/usr/bin', HOME: '/home/me', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' })
})

it('keeps a person’s npm settings and drops what an outer npm run says of its own package', () => {
  const kept = { npm_config_registry: 'http://localhost', npm_config_cache: '/cache' }
  const dropped = {
    npm_config_local_prefix: '/x',
    npm_package_json: '/x/package.json',
    INIT_CWD: '/x',
    npm_command: 'run',
  }
  expect(withoutNpmContext({ ...kept, ...dropped })).toEqual(kept)
})

it('knows every workspace folder that pnpm knows', async () => {
  const { stdout } = spawnSync('pnpm', ['ls', '--recursive', '--depth', '-1', '--json'], {
    cwd: root,
    encoding: 'utf8',
  })
  const known = JSON.parse(stdout).map(({ path }) => path)
  const found = (await workspaceFolders(root)).map((name) => join(root, name))
  expect([root.replace(/\/$/, ''), ...found].sort()).toEqual(known.sort())
})

it('stamps by name and content: an edit, a new file and a removed one change it, a touch does not', async () => {
  const place = folder()
  const file = join(place, 'a.ts')
  const stamp = async () => await contentStamp(place, await filesUnder(place))
  writeFileSync(file, 'one')
  const before = await stamp()
  writeFileSync(file, 'one')
  expect(await stamp()).toBe(before)
  writeFileSync(file, 'two')
  expect(await stamp()).not.toBe(before)
  writeFileSync(file, 'one')
  mkdirSync(join(place, 'nested'))
  writeFileSync(join(place, 'nested', 'b.ts'), '')
  expect(await stamp()).not.toBe(before)
})

it('does work again only when the stamp changed or the work failed', async () => {
  const file = join(folder(), 'stamp')
  const done = []
  const work = (name) => async () => {
    done.push(name)
  }
  await expect(unlessStamped(file, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await unlessStamped(file, 'a', work('first'))
  await unlessStamped(file, 'a', work('again'))
  await unlessStamped(file, 'b', work('changed'))
  expect(done).toEqual(['first', 'changed'])
})

it('lets one start at a time work on a checkout', async () => {
  const file = join(folder(), 'nested', 'lock')
  let working = 0
  const seen = []
  const work = async () => {
    working += 1
    seen.push(working)
    await new Promise((resolve) => setTimeout(resolve, 150))
    working -= 1
  }
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)])
  expect(seen).toEqual([1, 1, 1])
  expect(existsSync(file)).toBe(false)
})

it('takes over the lock of a start that died', async () => {
  const file = join(folder(), 'lock')
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  writeFileSync(file, String(dead))
  let worked = false
  await withLock(file, async () => {
    worked = true
  })
  expect(worked).toBe(true)
})

/** Runs `runHere` in a process of its own, because it takes over that process's signals. */
const runHereInChild = (script) => {
  const code = `
    const { runHere } = await import(${JSON.stringify(child)})
    process.exitCode = await runHere(process.execPath, ['-e', ${JSON.stringify(script)}], { cwd: '.', env: process.env })`
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
}

const ended = (running) => new Promise((resolve) => running.on('close', (code) => resolve(code)))

it('passes an exit code through', async () => {
  expect(await ended(runHereInChild('process.exit(7)'))).toBe(7)
})

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('hands %s on and waits for what the program makes of it', async (signal) => {
  const script = `process.on('${signal}', () => { console.log('got it'); process.exit(3) }); setInterval(() => {}, 1e3); console.log('up')`
  const running = runHereInChild(script)
  let said = ''
  running.stdout.on('data', (chunk) => {
    said += chunk
    if (said === 'up\n') running.kill(signal)
  })
  expect(await ended(running)).toBe(3)
  expect(said).toBe('up\ngot it\n')
})
