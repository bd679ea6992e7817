/** A member of a group and the topics it asked for. */
export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** What a member gets: partitions by topic. */
export type Share = Readonly<Record<string, number[]>>

/**
 * Every partition to one of the members that subscribe to its topic, one after the other by member id. Both drivers share
 * this way under the same name, so that members of both can be in one group while a fleet changes over.
 */
export const sharePartitions = (
  members: readonly Subscriber[],
  partitionsOf: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, Share> => {
  const sorted = members.toSorted((left, right) => (left.memberId < right.memberId ? -1 : 1))
  const shares = new Map<string, Record<string, number[]>>(sorted.map(({ memberId }) => [memberId, {}]))
  let turn = 0
  for (const topic of [...partitionsOf.keys()].toSorted()) {
    const takers = sorted.filter(({ topics }) => topics.includes(topic))
    if (takers.length === 0) continue
    for (const partition of (partitionsOf.get(topic) ?? []).toSorted((left, right) => left - right)) {
      const share = shares.get(takers[turn++ % takers.length]?.memberId ?? '')
      if (share !== undefined) share[topic] = [...(share[topic] ?? []), partition]
    }
  }
  return shares
}
