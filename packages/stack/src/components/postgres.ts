import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InterchangeError } from '@interchange/messaging'
import { postgresAnswers } from '../answers.ts'
import type { Home } from '../home.ts'
import type { LocalComponent } from './component.ts'
import { type PostgresGround, postgresGround } from './postgres-ground.ts'

const host = '127.0.0.1'
const name = 'interchange'
const deadlineMs = 30_000

/** The connection string of a local server; the password keeps out accidents, not people: it listens on loopback only. */
export const localDatabaseUrl = (port: number): string => `postgres://${name}:${name}@${host}:${port}/${name}`

/** Prepares a cluster with one user and one database, both named `interchange`, and says how to run it. */
export const preparePostgres = async (options: {
  readonly home: Home
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}): Promise<LocalComponent> => {
  const { home, port } = options
  // What initdb and the server say must not depend on whose machine it is.
  const env = { ...options.env, LC_ALL: 'C', TZ: 'UTC' }
  const ground = await postgresGround(home)
  if (!existsSync(ground.cluster)) await createCluster(ground, env)
  const settings = {
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: '200',
    log_line_prefix: '%m [%p] %u ',
  }
  return {
    name: 'postgres',
    version: ground.version,
    address: `${host}:${port}`,
    deadlineMs,
    answers: () => postgresAnswers(host, port),
    process: {
      command: join(ground.programs, 'postgres'),
      args: [
        '-D',
        ground.cluster,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      cwd: ground.folder,
      env,
      logFile: join(home.logs, 'postgres.log'),
      // "Fast" shutdown; SIGTERM would wait for every client to leave.
      stopSignal: 'SIGINT',
      ...(ground.user && { user: ground.user }),
    },
  }
}

const createCluster = async (ground: PostgresGround, env: Readonly<Record<string, string>>): Promise<void> => {
  const draft = `${ground.cluster}.draft`
  const passwordFile = join(ground.folder, 'password')
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, `${name}\n`, { mode: 0o600 })
  if (ground.user !== undefined) {
    await chown(draft, ground.user.uid, ground.user.gid)
    await chown(passwordFile, ground.user.uid, ground.user.gid)
  }
  try {
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const login = [`--username=${name}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await runAs(ground, env, 'initdb', [`--pgdata=${draft}`, ...login, ...locale], '')
    await runAs(ground, env, 'postgres', ['--single', '-D', draft, 'postgres'], `CREATE DATABASE ${name}\n`)
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(draft, ground.cluster)
}

const runAs = async (
  ground: PostgresGround,
  env: Readonly<Record<string, string>>,
  program: string,
  args: readonly string[],
  input: string,
): Promise<void> => {
  const path = join(ground.programs, program)
  await chmod(path, 0o755).catch((cause: unknown) => {
    // A read-only installation is fine as long as it is executable, which the next line finds out.
    if (!(cause instanceof Error)) throw cause
  })
  await new Promise<void>((resolve, reject) => {
    const child = spawn(path, args, { cwd: ground.folder, env, ...(ground.user && { ...ground.user }) })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    const failed = (why: string, cause?: unknown): InterchangeError =>
      new InterchangeError('ICX_STACK_START_FAILED', `${program} ${why}\n${said.trimEnd()}`, {
        class: 'fatal',
        cause,
        facts: { component: 'postgres' },
      })
    child.on('error', (cause) => reject(failed('could not be started', cause)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(failed(`ended with ${signal ?? `exit code ${code}`}`))
    })
    child.stdin.end(input)
  })
}
