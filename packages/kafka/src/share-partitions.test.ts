import { expect, test } from 'vitest'
import { sharePartitions } from './share-partitions.ts'

test('partitions are dealt out one by one, and only to members that asked for the topic', () => {
  const members = [
    { memberId: 'b', topics: ['x', 'y'] },
    { memberId: 'a', topics: ['x'] },
  ]
  const shares = sharePartitions(
    members,
    new Map([
      ['y', [0, 1]],
      ['x', [2, 0, 1]],
      ['nobody', [0]],
    ]),
  )
  expect(Object.fromEntries(shares)).toEqual({ a: { x: [0, 2] }, b: { x: [1], y: [0, 1] } })
})

test('the order in which members are named does not matter, and a member too many gets nothing', () => {
  const members = ['c', 'a', 'b'].map((memberId) => ({ memberId, topics: ['x'] }))
  const partitionsOf = new Map([['x', [0, 1]]])
  expect(sharePartitions(members, partitionsOf)).toEqual(sharePartitions(members.toReversed(), partitionsOf))
  expect(sharePartitions(members, partitionsOf).get('c')).toEqual({})
})
