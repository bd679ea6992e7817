import { existsSync, mkdirSync, mkdtempSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeDeadStacks } from './remove-dead-stacks.ts'

it('removes what stopped long ago under the prefix, and nothing that may be starting or is another’s', () => {
  const home = mkdtempSync(join(tmpdir(), 'interchange-dead-'))
  const place = (name: string, ageSeconds: number): string => {
    const folder = join(home, name)
    mkdirSync(folder)
    const at = Date.now() / 1000 - ageSeconds
    utimesSync(folder, at, at)
    return folder
  }
  const [old, young, other] = [place('test-1', 3_600), place('test-2', 1), place('demo', 3_600)]
  removeDeadStacks('test-', { INTERCHANGE_HOME: home })
  expect([old, young, other].map((folder) => existsSync(folder))).toEqual([false, true, true])
})

it('does nothing where no stack ever ran', () => {
  expect(() => removeDeadStacks('test-', { INTERCHANGE_HOME: '/nowhere' })).not.toThrow()
})
