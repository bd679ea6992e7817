import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { peersFolder } from './run-arm.ts'

/** The peers have a lockfile of their own and are no part of the workspace: installed when they are first measured. */
export const installPeers = async ({
  signal,
  say,
}: {
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}): Promise<void> => {
  const [wanted, installed] = await Promise.all([
    lockedVersions('package-lock.json'),
    lockedVersions('node_modules/.package-lock.json'),
  ])
  if (wanted !== undefined && wanted === installed) return
  say('  installing the peers')
  await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: peersFolder, signal })
}

/** Every package with its version, as one text; undefined when there is no such lockfile. */
const lockedVersions = async (path: string): Promise<string | undefined> => {
  try {
    const { packages } = JSON.parse(await readFile(join(peersFolder, path), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>
    }
    // The root is in one of the two files only; what is optional may be missing for this platform.
    const required = Object.entries(packages).filter(([name, { optional }]) => name !== '' && optional !== true)
    return JSON.stringify(required.map(([name, { version }]) => `${name}@${version}`).sort())
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
