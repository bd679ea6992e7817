#!/usr/bin/env node
// From nothing but Node >= 18 and npm to a running command: brings the pinned Node and pnpm, installs, builds, runs.
// Imports nothing that is not in Node 18, because it runs before anything is installed.
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { commandNames, runCommand, usage } from './commands.mjs'
import { install } from './install.mjs'
import { withLock } from './lock.mjs'
import { platformProblem } from './platform.mjs'
import { report, StepFailed } from './progress.mjs'
import { ensureToolchain, toolchainEnv } from './toolchain.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

const main = async () => {
  const [name, ...args] = process.argv.slice(2)
  const problem = platformProblem(process.platform, process.arch, process.versions.node)
  if (problem !== null) {
    report(problem)
    return 1
  }
  if (name === undefined || !commandNames.includes(name)) {
    report(usage)
    return name === undefined || name === 'help' || name === '--help' ? 0 : 2
  }
  const toolchain = await ensureToolchain(root)
  const env = toolchainEnv(toolchain, process.env)
  await withLock(resolve(root, '.interchange/bootstrap.lock'), async () => {
    await install(root, env)
    await build(root, env)
  })
  return await runCommand(name, args, { root, env })
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof StepFailed)) throw error
  report(error.message)
  process.exitCode = 1
}
