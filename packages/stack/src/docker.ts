import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Component, ComponentName } from './components/component.ts'
import type { EndCommand } from './guard/protocol.ts'
import { checkoutFolder, definedOnly, type Environment, type Home } from './home.ts'
import type { Report } from './report.ts'
import { waitUntilAnswers } from './wait-until.ts'

const run = promisify(execFile)

const composeFile = join(checkoutFolder, 'docker-compose.yml')
// Compose reads the whole file for any part of it, and the services' secrets have no default.
const unusedSecrets = { SHOP_WEBHOOK_SECRET: 'unused', INGEST_TOKENS: 'unused', OPERATOR_TOKEN: 'unused' }
const lookMs = 10_000
const pullMs = 240_000
const upMs = 120_000

/** Why Docker cannot be used here, in words; null when it can. */
export type DockerProblem = string | null

/** Asks for a running daemon, the compose plugin and the images of these services, pulling them when they are missing. */
export const dockerProblem = async (
  env: Environment,
  services: readonly ComponentName[],
  report: Report,
): Promise<DockerProblem> => {
  const docker = (args: readonly string[], timeout: number) =>
    run('docker', [...args], { env: { ...unusedSecrets, ...env }, timeout })
  try {
    await docker(['info', '--format', '{{.ServerVersion}}'], lookMs)
  } catch {
    return 'no Docker daemon answers'
  }
  try {
    await docker(['compose', 'version'], lookMs)
  } catch {
    return 'docker has no compose plugin'
  }
  const compose = ['compose', '-f', composeFile]
  try {
    const { stdout } = await docker([...compose, 'config', '--images', ...services], lookMs)
    const images = stdout.split('\n').filter(Boolean)
    try {
      await docker(['image', 'inspect', '--format', '{{.Id}}', ...images], lookMs)
    } catch {
      await report.step(`pulling ${images.join(', ')}`, () => docker([...compose, 'pull', '-q', ...services], pullMs))
    }
    return null
  } catch {
    return 'its images are neither here nor to be pulled'
  }
}

/** Containers of one stack, by compose. */
export interface Containers {
  /** Starts a service and resolves when it answers. */
  start(options: {
    readonly name: ComponentName
    readonly address: string
    readonly answers: () => Promise<boolean>
  }): Promise<Component>
  /** Removes what an earlier run left, data included. */
  removeAll(): Promise<void>
  /** What removes them at the end. */
  readonly endCommand: EndCommand
}

/** The compose project of a stack's home, with the ports it publishes. */
export const createContainers = (home: Home, env: Environment, ports: Readonly<Record<string, string>>): Containers => {
  const project = `interchange-${createHash('sha256').update(home.folder).digest('hex').slice(0, 8)}`
  const compose = ['compose', '-p', project, '-f', composeFile]
  const environment = definedOnly({ ...unusedSecrets, ...env, ...ports })
  const docker = async (args: readonly string[]): Promise<string> =>
    (await run('docker', [...compose, ...args], { env: environment, timeout: upMs })).stdout
  return {
    start: async ({ name, address, answers }) => {
      const start = async (): Promise<void> => {
        await docker(['up', '-d', name])
        await waitUntilAnswers({ name, deadlineMs: upMs, answers })
      }
      await start()
      const image = (await docker(['config', '--images', name])).trim()
      return {
        name,
        mode: 'docker',
        version: image.split(':').at(-1) ?? null,
        address,
        pid: () => null,
        kill: async () => {
          await docker(['kill', name])
        },
        start,
      }
    },
    removeAll: async () => {
      await docker(['down', '--volumes', '--timeout', '5'])
    },
    endCommand: {
      command: 'docker',
      args: [...compose, 'down', '--timeout', '5'],
      cwd: checkoutFolder,
      env: environment,
    },
  }
}
