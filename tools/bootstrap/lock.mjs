import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { report } from './progress.mjs'

const pollMs = 100

/**
 * Runs `work` while no other start of this checkout does; a lock whose owner is gone is taken over.
 * @param {string} file
 * @param {() => Promise<void>} work
 */
export const withLock = async (file, work) => {
  await mkdir(dirname(file), { recursive: true })
  let told = false
  while (!(await take(file))) {
    if (!told) report('  waiting for another start of this checkout …')
    told = true
    await pause(pollMs)
  }
  try {
    await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** @param {string} file */
const take = async (file) => {
  // Linking a written file makes the lock appear with its owner inside, so nobody ever reads half a lock.
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, String(process.pid))
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const owner = Number(await readFile(file, 'utf8').catch(() => '0'))
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true })
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

/** @param {number} pid */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : undefined)
