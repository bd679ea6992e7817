import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runHere, runQuietly } from './child.mjs'
import { report, StepFailed, step } from './progress.mjs'

/** @typedef {{ root: string, env: NodeJS.ProcessEnv }} Ground */
/** @typedef {(args: string[], ground: Ground) => Promise<number>} Command */

/** @param {string} script @returns {(...first: string[]) => Command} */
const program =
  (script) =>
  (...first) =>
  (args, { root, env }) =>
    runHere('node', ['--enable-source-maps', join(root, script), ...first, ...args], { cwd: process.cwd(), env })

const cli = program('packages/cli/dist/main.js')

/** @type {readonly { name: string, needs: string, program: string, args: string[] }[]} */
const checks = [
  {
    name: 'format and lint',
    needs: 'biome.json',
    program: 'node_modules/.bin/biome',
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'types', needs: 'tsconfig.json', program: 'node_modules/.bin/tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'tidy', needs: 'tools/tidy/main.ts', program: 'node', args: ['tools/tidy/main.ts'] },
  {
    name: 'generated code is current',
    needs: 'tools/generate/main.ts',
    program: 'node',
    args: ['tools/generate/main.ts', '--check'],
  },
]

/**
 * Runs every check, reports each failure, resolves to how many failed.
 * @param {Ground} ground
 */
const runChecks = async ({ root, env }) => {
  let failed = 0
  for (const check of checks) {
    if (!existsSync(join(root, check.needs))) continue
    const path = check.program.includes('/') ? join(root, check.program) : check.program
    try {
      await step(check.name, () => runQuietly(path, check.args, { cwd: root, env }))
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      report(error.message)
      failed += 1
    }
  }
  return failed
}

/** @type {(ground: Ground, args: string[]) => Promise<number>} */
const vitest = ({ root, env }, args) =>
  runHere(join(root, 'node_modules/.bin/vitest'), ['run', ...args], { cwd: root, env })

/** @type {(vitestArgs: string[]) => Command} */
const verified = (vitestArgs) => async (args, ground) => {
  // A person who names tests wants those; the checks belong to the whole run.
  const failed = args.length > 0 ? 0 : await runChecks(ground)
  if (failed > 0) {
    report('The checks above failed, so the tests were not run.')
    process.stdout.write(`${checks.length - failed} passed, ${failed} failed, 0 skipped\n`)
    return 1
  }
  return await vitest(ground, [...vitestArgs, ...args])
}

/** @type {Command} */
const dev = async (args, { root, env }) => {
  const over = new AbortController()
  const here = { cwd: root, env, until: over.signal }
  const watch = runHere(join(root, 'node_modules/.bin/turbo'), ['watch', 'build'], here)
  const system = runHere('node', [join(root, 'packages/cli/dist/main.js'), 'dev', ...args], here)
  const code = await Promise.race([watch, system])
  over.abort()
  await Promise.all([watch, system])
  return code
}

/** @type {Readonly<Record<string, Command>>} */
const commands = {
  demo: cli('demo'),
  ix: cli(),
  dev,
  bench: program('bench/dist/main.js')(),
  sim: program('sim/dist/main.js')(),
  drill: program('drills/dist/main.js')(),
  generate: program('tools/generate/main.ts')(),
  check: verified(['--project', 'unit']),
  test: verified([]),
  ci: verified([]),
}

export const commandNames = Object.keys(commands)

export const usage = `node tools/bootstrap/run.mjs <${commandNames.join('|')}> [arguments]`

/**
 * Runs one of the commands and resolves to its exit code.
 * @param {string} name
 * @param {string[]} args
 * @param {Ground} ground
 * @returns {Promise<number>}
 */
export const runCommand = async (name, args, ground) => {
  const command = commands[name]
  if (command === undefined) throw new StepFailed(usage)
  return await command(args, ground)
}
