import { expect, test, vi } from 'vitest'
import { electionPatienceMs } from '../election-patience.ts'
import type { Cluster } from './cluster.ts'
import { createMembership } from './membership.ts'

/** A member of a cluster that answers each heartbeat with the next of `answers`, and then as it should. */
const memberOf = (answers: readonly Error[]) => {
  const asked: number[] = []
  let coordinators = 0
  const requests = {
    coordinatorOf: async () => ++coordinators,
    async askNode(nodeId: number) {
      asked.push(nodeId)
      const answer = answers[asked.length - 1]
      if (answer !== undefined) throw answer
    },
  } as unknown as Cluster
  const options = { group: 'orders', topics: ['orders'] } as unknown as Parameters<typeof createMembership>[1]
  return { membership: createMembership({ requests, waiting: requests }, options), asked }
}
const gone = new Error('connect ECONNREFUSED')
const said = (apiId: string) => Object.assign(new Error(apiId), { apiId })

test.each([
  ['cannot be reached', gone],
  ['is another by now', said('NOT_COORDINATOR')],
  ['still reads the group from the log', said('COORDINATOR_LOAD_IN_PROGRESS')],
])('a coordinator that %s ends no assignment: the next heartbeat looks for it', async (_what, error) => {
  const { membership, asked } = memberOf([error])
  expect(await membership.heartbeat()).toBe(true)
  expect(await membership.heartbeat()).toBe(true)
  expect(asked).toEqual([1, 2])
})

test('a coordinator that stays away ends the session, and one answer in between begins anew', async () => {
  const { membership } = memberOf([gone, gone])
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  expect(await membership.heartbeat()).toBe(true)
  now.mockReturnValue(1_000 + electionPatienceMs)
  await expect(membership.heartbeat()).rejects.toBe(gone)
  expect(await membership.heartbeat()).toBe(true)
  now.mockRestore()
})

test('a member that has lost its place is told so at once', async () => {
  const { membership } = memberOf([said('UNKNOWN_MEMBER_ID'), said('REBALANCE_IN_PROGRESS')])
  expect(await membership.heartbeat()).toBe(false)
  expect(await membership.heartbeat()).toBe(false)
})
