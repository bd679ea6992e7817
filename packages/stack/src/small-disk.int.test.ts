import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startGuard } from './guard/guard.ts'
import { mountSmallDisk } from './small-disk.ts'

const home = mkdtempSync(join(tmpdir(), 'interchange-small-disk-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

it('mounts a disk that is as small as it was asked for and goes with its guard, or says what it takes', async () => {
  const guard = startGuard({ stateFile: join(home, 'stack.json'), logFile: join(home, 'guard.log') })
  const folder = await mountSmallDisk(guard, 2).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'ICX_STACK_TOOL_MISSING', facts: { tool: 'mount' } })
  })
  if (folder === undefined) process.stderr.write('no disk could be mounted here: that needs Linux and root\n')
  else {
    const { blocks, bsize } = statfsSync(folder)
    expect(blocks * bsize).toBe(2 * 1024 * 1024)
    writeFileSync(join(folder, 'small'), Buffer.alloc(1024 * 1024))
    expect(() => writeFileSync(join(folder, 'large'), Buffer.alloc(1024 * 1024 + 1))).toThrow('ENOSPC')
  }
  await guard.end()
  expect(folder !== undefined && existsSync(folder)).toBe(false)
})
