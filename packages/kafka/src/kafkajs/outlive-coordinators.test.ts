import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { KafkajsGroup } from './kafkajs-internals.ts'
import { outliveCoordinators } from './outlive-coordinators.ts'

const next = { heartbeat: async () => undefined }

/** A group whose coordinator answers with `answers`, one heartbeat each, and then as it should. */
const groupOf = (answers: readonly (Error | undefined)[], find: () => Promise<unknown> = async () => next) => {
  const beats: unknown[] = []
  const found = vi.fn(find)
  let over = false
  onTestFinished(() => {
    over = true
  })
  const group = {
    groupId: 'orders',
    coordinator: { heartbeat: async () => undefined },
    offsetManager: { coordinator: undefined as unknown },
    cluster: { findGroupCoordinator: found },
    async heartbeat(_given: { interval: number }) {
      beats.push(group.coordinator)
      const answer = answers[beats.length - 1]
      if (answer !== undefined) throw answer
    },
  }
  outliveCoordinators(group as unknown as KafkajsGroup, () => over, { pauseMs: 1, patienceMs: 40 })
  return { group, beats, found, end: () => (over = true) }
}
const named = (name: string, type?: string) => Object.assign(new Error(name), { name, type })
const gone = named('KafkaJSConnectionError')
const given = { interval: 0 }

test.each([
  ['that moved', named('KafkaJSProtocolError', 'NOT_COORDINATOR_FOR_GROUP')],
  ['that still reads the group from the log', named('KafkaJSProtocolError', 'GROUP_LOAD_IN_PROGRESS')],
  ['that cannot be reached', gone],
  ['that hung up', named('KafkaJSConnectionClosedError')],
  ['that is silent', named('KafkaJSRequestTimeoutError')],
])('for a coordinator %s another is looked for, and nobody joins anew', async (_what, error) => {
  const { group, beats } = groupOf([error])
  await group.heartbeat(given)
  await vi.waitFor(() => expect(group.coordinator).toBe(next))
  expect(group.offsetManager.coordinator).toBe(next)
  await group.heartbeat(given)
  expect(beats.at(-1)).toBe(next)
})

test('no heartbeat is sent, and none waited for, while nobody knows the next coordinator', async () => {
  const known = Promise.withResolvers<unknown>()
  const { group, beats } = groupOf([gone], () => known.promise)
  for (let count = 0; count < 5; count++) await group.heartbeat(given)
  expect(beats).toHaveLength(1)
  known.resolve(next)
  await vi.waitFor(() => expect(group.coordinator).toBe(next))
})

test('it is asked for until somebody knows it', async () => {
  let asked = 0
  const { group, found } = groupOf([gone], async () => {
    if (++asked < 4) throw named('KafkaJSGroupCoordinatorNotFound')
    return next
  })
  await group.heartbeat(given)
  await vi.waitFor(() => expect(group.coordinator).toBe(next))
  expect(found).toHaveBeenCalledTimes(4)
})

test('a member that has lost its place is told so', async () => {
  const unknown = named('KafkaJSProtocolError', 'UNKNOWN_MEMBER_ID')
  const { group, found } = groupOf([unknown])
  await expect(group.heartbeat(given)).rejects.toBe(unknown)
  expect(found).not.toHaveBeenCalled()
})

test('a coordinator that stays away is left to kafkajs in the end', async () => {
  const { group } = groupOf([gone, gone, gone], () => Promise.reject(gone))
  await group.heartbeat(given)
  await pause(60)
  await expect(group.heartbeat(given)).rejects.toBe(gone)
})

test('patience begins anew with the next trouble, and an answer ends one', async () => {
  const { group } = groupOf([gone, undefined, gone])
  await group.heartbeat(given)
  await vi.waitFor(() => expect(group.coordinator).toBe(next))
  await pause(60)
  await group.heartbeat(given)
  await group.heartbeat(given)
})

test('one that was found and does not answer either is of the same trouble', async () => {
  const { group } = groupOf([gone, gone])
  await group.heartbeat(given)
  await vi.waitFor(() => expect(group.coordinator).toBe(next))
  await pause(60)
  await expect(group.heartbeat(given)).rejects.toBe(gone)
})

test('nobody is asked for a session that is over', async () => {
  const { group, found, end } = groupOf([gone], () => Promise.reject(gone))
  await group.heartbeat(given)
  await vi.waitFor(() => expect(found).toHaveBeenCalled())
  end()
  await pause(5)
  const asked = found.mock.calls.length
  await pause(10)
  expect(found).toHaveBeenCalledTimes(asked)
})
