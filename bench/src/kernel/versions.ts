import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningStack } from '@interchange/stack'
import { peersFolder } from './run-arm.ts'

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> }>
  >
}

/** What was measured: the servers, and every peer as its lockfile has it. */
export const installedVersions = async (stack: RunningStack): Promise<Readonly<Record<string, string | null>>> => {
  const lockfile = JSON.parse(await readFile(join(peersFolder, 'package-lock.json'), 'utf8')) as Lockfile
  const peers = Object.keys(lockfile.packages['']?.dependencies ?? {})
  return {
    kafka: stack.kafka.version,
    postgres: stack.postgres.version,
    registry: stack.registry.version,
    ...Object.fromEntries(peers.map((name) => [name, lockfile.packages[`node_modules/${name}`]?.version ?? null])),
  }
}
