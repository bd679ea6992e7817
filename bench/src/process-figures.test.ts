import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { cpuSeconds, residentMib } from './process-figures.ts'

it('sees the memory and the processor time of this process', () => {
  const { user, system } = process.cpuUsage()
  expect(cpuSeconds(process.pid)).toBeCloseTo((user + system) / 1e6, 0)
  expect(residentMib(process.pid)).toBeCloseTo(process.memoryUsage.rss() / 1_024 / 1_024, -1)
})

it('has no figures for a process that has ended', () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  expect(cpuSeconds(pid)).toBeUndefined()
  expect(residentMib(pid)).toBeUndefined()
})
