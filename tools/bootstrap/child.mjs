import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { StepFailed } from './progress.mjs'

/** @typedef {{ cwd: string, env: NodeJS.ProcessEnv, until?: AbortSignal }} Where */

/**
 * Runs a program silently; rejects with the end of what it said when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Where} where
 * @returns {Promise<void>}
 */
export const runQuietly = (program, args, where) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: where.cwd, env: where.env, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const said = []
    child.stdout.on('data', (chunk) => said.push(chunk))
    child.stderr.on('data', (chunk) => said.push(chunk))
    const command = [program, ...args].join(' ')
    child.on('error', (error) => reject(new StepFailed(`${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else {
        const tail = Buffer.concat(said).toString().trimEnd().split('\n').slice(-60).join('\n')
        reject(new StepFailed(`${tail}\n\n${command} ended with ${signal ?? `exit code ${code}`}`))
      }
    })
  })

/**
 * Runs a program on this terminal, hands signals on, and resolves to its exit code (128 + n after signal n). `until`
 * ends it early.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Where} where
 * @returns {Promise<number>}
 */
export const runHere = (program, args, where) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: where.cwd, env: where.env, stdio: 'inherit' })
    // A terminal sends Ctrl-C to the whole group, so the child already has it; a second one would mean "at once".
    const onInterrupt = () => {
      if (!process.stdin.isTTY) child.kill('SIGINT')
    }
    const onTerminate = () => child.kill('SIGTERM')
    const onHangUp = () => child.kill('SIGHUP')
    process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp)
    where.until?.addEventListener('abort', onTerminate)
    const settle = () => process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp)
    child.on('error', (error) => {
      settle()
      reject(new StepFailed(`${program}: ${error.message}`))
    })
    child.on('close', (code, signal) => {
      settle()
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
    })
  })
