import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { KafkajsGroup } from './kafkajs-internals.ts'
import { outliveLeaders } from './outlive-leaders.ts'

const groupOf = (refresh = async (): Promise<void> => undefined) => {
  const seen: string[] = []
  const group = {
    cluster: {
      refreshMetadata: () => {
        seen.push('refreshed')
        return refresh()
      },
    },
    async recoverFromFetch() {
      seen.push('joined or thrown')
    },
  } as unknown as KafkajsGroup
  outliveLeaders(group, { pauseMs: 1, patienceMs: 40 })
  return { group, seen }
}
const named = (name: string, type?: string) => Object.assign(new Error(name), { name, type })

test.each([
  ['that moved', named('KafkaJSProtocolError', 'NOT_LEADER_FOR_PARTITION')],
  ['that is not elected yet', named('KafkaJSProtocolError', 'LEADER_NOT_AVAILABLE')],
  ['that cannot be reached', named('KafkaJSConnectionError')],
])('a leader %s is looked for, and nobody joins anew', async (_what, error) => {
  const { group, seen } = groupOf()
  await group.recoverFromFetch(error)
  expect(seen).toEqual(['refreshed'])
})

test('anything else is left to kafkajs', async () => {
  const { group, seen } = groupOf()
  await group.recoverFromFetch(named('KafkaJSProtocolError', 'UNKNOWN_TOPIC_OR_PARTITION'))
  await group.recoverFromFetch(named('KafkaJSOffsetOutOfRange', 'OFFSET_OUT_OF_RANGE'))
  expect(seen).toEqual(['joined or thrown', 'joined or thrown'])
})

test('a leader that stays away is left to kafkajs in the end', async () => {
  const { group, seen } = groupOf()
  await group.recoverFromFetch(named('KafkaJSConnectionError'))
  await pause(60)
  await group.recoverFromFetch(named('KafkaJSConnectionError'))
  expect(seen).toEqual(['refreshed', 'joined or thrown'])
})

test('when no broker answers, the fetch has failed', async () => {
  const { group } = groupOf(() => Promise.reject(named('KafkaJSNumberOfRetriesExceeded')))
  await expect(group.recoverFromFetch(named('KafkaJSConnectionError'))).rejects.toThrow(
    'KafkaJSNumberOfRetriesExceeded',
  )
})
