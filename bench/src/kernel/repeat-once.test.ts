import { expect, it } from 'vitest'
import { type FailedRun, repeatOnce } from './repeat-once.ts'

const failing = (times: number) => {
  let calls = 0
  return {
    calls: () => calls,
    work: async () => {
      calls++
      if (calls <= times) throw new Error(`failure ${calls}`)
      return 'measured'
    },
  }
}

it('repeats what failed once, and keeps the failure', async () => {
  const failures: FailedRun[] = []
  const { signal } = new AbortController()
  expect(await repeatOnce('an arm', failing(0).work, { failures, signal })).toBe('measured')
  expect(failures).toEqual([])
  expect(await repeatOnce('an arm', failing(1).work, { failures, signal })).toBe('measured')
  expect(failures).toEqual([{ what: 'an arm', error: 'failure 1' }])
})

it('gives up when it fails again', async () => {
  const failures: FailedRun[] = []
  const { work, calls } = failing(2)
  await expect(repeatOnce('an arm', work, { failures, signal: new AbortController().signal })).rejects.toThrow(
    'failure 2',
  )
  expect(calls()).toBe(2)
  expect(failures).toHaveLength(2)
})

it('repeats nothing, and blames nobody, when it was interrupted', async () => {
  const failures: FailedRun[] = []
  const { work, calls } = failing(2)
  await expect(repeatOnce('an arm', work, { failures, signal: AbortSignal.abort() })).rejects.toThrow('failure 1')
  expect(calls()).toBe(1)
  expect(failures).toEqual([])
})
