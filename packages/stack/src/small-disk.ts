import { execFile } from 'node:child_process'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InterchangeError } from '@interchange/messaging'
import type { Guard } from './guard/guard.ts'

const run = promisify(execFile)

/**
 * Mounts a file system of so many megabytes, in memory, and answers its folder; it goes with the guard. Linux lets root do so
 * and nobody else: throws ICX_STACK_TOOL_MISSING otherwise.
 */
export const mountSmallDisk = async (guard: Guard, sizeMb: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'interchange-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder])
  } catch (cause) {
    await rmdir(folder)
    const { message } = cause as Error
    throw new InterchangeError('ICX_STACK_TOOL_MISSING', `a disk of its own needs Linux and root: ${message}`, {
      class: 'fatal',
      cause,
      facts: { tool: 'mount' },
    })
  }
  const cleared = 'umount "$0" && rmdir "$0"'
  guard.atEnd({ command: 'sh', args: ['-c', cleared, folder], cwd: tmpdir(), env: { PATH: process.env['PATH'] ?? '' } })
  return folder
}
