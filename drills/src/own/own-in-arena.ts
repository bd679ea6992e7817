import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { removeDeadStacks } from '@interchange/stack'
import { openArena } from '../arena.ts'
import { arenaPrefix } from '../run-all.ts'
import { aborted } from '../run-one.ts'
import { readOwnDrill } from './read-own-drill.ts'
import { type OwnResult, type RunOwnOptions, runOwnDrill } from './run-own-drill.ts'

/** Runs the drill of a file in an arena of its own. Throws a TypeError that says what is wrong with the file. */
export const ownInArena = async (file: string, options: Omit<RunOwnOptions, 'folder'>): Promise<OwnResult> => {
  const path = resolve(file)
  const drill = readOwnDrill(JSON.parse(await readFile(path, 'utf8')))
  const { say } = options.progress
  removeDeadStacks(arenaPrefix)
  const { brokers, registry } = drill
  const arena = await openArena({ name: `${arenaPrefix}${process.pid}-own`, brokers, registry, say })
  try {
    say(`${drill.name}; what it says is in ${arena.cluster.logFolder}`)
    const running = runOwnDrill(drill, arena, { ...options, folder: dirname(path) })
    return await Promise.race([running, aborted(options.signal)])
  } finally {
    await arena.close()
  }
}
