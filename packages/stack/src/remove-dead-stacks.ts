import { readdirSync, rmSync, statSync } from 'node:fs'
import { publicClusterFolder } from './components/postgres-ground.ts'
import { type Environment, homeOf } from './home.ts'
import { readState } from './state-file.ts'

/** A stack that is just starting has a folder and no state yet. */
const ageMsMin = 60_000

/** Removes the data and logs of named stacks that no longer run, those whose name begins so. */
export const removeDeadStacks = (prefix: string, env: Environment = process.env): void => {
  for (const name of namesBelow(homeOf(env).folder)) {
    if (!name.startsWith(prefix)) continue
    const home = homeOf(env, name)
    const found = statSync(home.folder, { throwIfNoEntry: false })
    // Gone by now: somebody else clears up, too.
    if (found === undefined) continue
    if (readState(home) !== null || Date.now() - found.mtimeMs < ageMsMin) continue
    for (const folder of [home.folder, publicClusterFolder(home)]) rmSync(folder, { recursive: true, force: true })
  }
}

const namesBelow = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    // No stack ever ran here.
    return []
  }
}
