import { createKafkaTransport, type KafkaDriver } from '@interchange/kafka'
import { silentLogger } from '@interchange/messaging'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, readAll, record, type Stage, series, until } from './stage.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
const stageOf = (driver: KafkaDriver): Promise<Stage> =>
  openStage(createKafkaTransport({ driver, brokers, clientId: `both-${driver}` }, { logger: silentLogger }))

let kafkajs: Stage
let platformatic: Stage
beforeAll(async () => {
  kafkajs = await stageOf('kafkajs')
  platformatic = await stageOf('platformatic')
})
afterAll(() => Promise.all([kafkajs.close(), platformatic.close()]))

test.each(['kafkajs', 'platformatic'] as const)(
  'members of both drivers share one group, whichever leads it, while a fleet changes over (%s first)',
  async (first) => {
    const [leading, joining] = first === 'kafkajs' ? [kafkajs, platformatic] : [platformatic, kafkajs]
    const topic = await leading.topic(4)
    const one = await leading.join([topic])
    const two = await joining.join([topic], { group: one.group })
    await until('both hold two', () => [one, two].every(({ consumer }) => consumer.assignment().length === 2))
    const held = [one, two].flatMap(({ consumer }) => consumer.assignment().map(({ partition }) => partition))
    expect(held.toSorted()).toEqual([0, 1, 2, 3])
    await leading.sent([0, 1, 2, 3].flatMap((partition) => series(topic, 5, `${partition}-`, partition)))
    await until('all', () => one.records().length + two.records().length === 20)
    expect((await joining.admin.describeGroup(one.group)).members).toHaveLength(2)
    const mine = one.consumer.assignment().map((place) => ({ ...place, offset: 5 }))
    expect(await one.consumer.commit(mine)).toEqual([])
    await one.consumer.close(2_000)
    await until('the other has all', () => two.consumer.assignment().length === 4)
    await joining.sent([0, 1, 2, 3].map((partition) => record(topic, 'last', { partition })))
    for (const partition of [0, 1, 2, 3]) expect(await readAll(leading, topic, partition)).toHaveLength(6)
    await until('the last ones', () => two.values().filter((value) => value === 'last').length === 4)
  },
)
