import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { freeze, thaw } from './freeze.ts'

test('a frozen process does nothing until it is let go, and a dead one is not called frozen', {
  timeout: 20_000,
}, async () => {
  const child = spawn(process.execPath, ['-e', "process.stdin.on('data', (chunk) => process.stdout.write(chunk))"])
  const target = {
    pid: () => (child.exitCode === null && child.signalCode === null ? (child.pid ?? null) : null),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
  }
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stdin.write('before\n')
  await expect.poll(() => lines, { timeout: 10_000 }).toEqual(['before'])
  await freeze(target)
  child.stdin.write('while frozen\n')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(lines).toEqual(['before'])
  await thaw(target)
  await expect.poll(() => lines, { timeout: 10_000 }).toEqual(['before', 'while frozen'])
  child.kill('SIGKILL')
  await once(child, 'exit')
  await expect(freeze(target)).rejects.toThrow('has ended')
})
