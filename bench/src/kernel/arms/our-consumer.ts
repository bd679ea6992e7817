import { type Codec, effectRoute, publishRoute, type Route, type Topic } from '@interchange/messaging'
import { createDatabase, createEffectStore, migrate } from '@interchange/store'
import { type ArmInput, type Meter, measurePasses, runArm } from '../meter.ts'
import { type Order, orderTopic } from '../order-event.ts'
import { createRecentIds } from '../recent-ids.ts'
import { createOurGround } from './ground.ts'

const routeOf = (
  { mode, topic, partitions }: ArmInput,
  group: string,
  meter: Meter,
  database: ReturnType<typeof createDatabase>,
): Route => {
  if (mode === 'bytes') {
    return publishRoute<Buffer>({
      from: bytesTopic(topic),
      group,
      handle: (value, { partition, offset }) => {
        meter.bytes(partition, offset, 1, value.length)
        return undefined
      },
    })
  }
  if (mode === 'store') {
    const store = createEffectStore<Order>({
      database,
      apply: async (tx, orders) => {
        await tx.query(insertOrdersSql, [
          group,
          orders.map(({ number }) => number),
          orders.map(({ totalMinor }) => totalMinor),
          orders.map(({ quantity }) => quantity),
          orders.map(({ shipTo }) => shipTo.zone),
        ])
        for (const { number, totalMinor, quantity, shipTo } of orders)
          meter.order(number, totalMinor, quantity, shipTo.zone)
      },
    })
    return effectRoute<Order, Order>({ from: orderTopic(topic, 'reader'), group, store, handle: (order) => order })
  }
  const recent = createRecentIds(131_072)
  return publishRoute<Order>({
    from: orderTopic(topic, 'reader', partitions),
    group,
    handle: ({ number, totalMinor, quantity, shipTo }, { messageId }) => {
      if (recent.isNew(messageId)) meter.order(number, totalMinor, quantity, shipTo.zone)
      return undefined
    },
  })
}

const prepareDatabase = async (database: ReturnType<typeof createDatabase>): Promise<void> => {
  await migrate(database)
  await database.query(`CREATE TABLE orders (
    group_name text, number integer, total_minor bigint, quantity integer, zone integer, PRIMARY KEY (group_name, number))`)
}

const insertOrdersSql = `
  INSERT INTO orders (group_name, number, total_minor, quantity, zone)
  SELECT $1, * FROM unnest($2::integer[], $3::bigint[], $4::integer[], $5::integer[])`

const checkRows = async (database: ReturnType<typeof createDatabase>, group: string, wanted: number): Promise<void> => {
  const [row] = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM orders WHERE group_name = $1',
    [group],
  )
  if (row?.count !== wanted) throw new Error(`${row?.count} rows, not ${wanted}`)
}

/** The key stands at the start of the Avro bytes, behind five bytes of framing and its own length. */
const bytesTopic = (name: string): Topic<Buffer> => ({
  ...orderTopic(name, 'reader'),
  keyOf: (bytes) => bytes.toString('latin1', 6, 6 + ((bytes[5] ?? 0) >> 1)),
})

/** No codec at all: the value is its bytes. */
const bytesCodec: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => value as Buffer,
  decode: <Value>(_topic: Topic<Value>, bytes: Buffer) => bytes as Value,
  resolve: async () => undefined,
  schemaId: () => undefined,
}

/**
 * Our consumer with everything on, as a service runs it: real registry, metrics and traces exported, 1 % of the traces sampled
 * (the events say which), dead-letter topic and replay lane in place. `mode`:
 * - `full`: Avro read with an evolved schema, ids of the last messages remembered
 * - `bytes`: the same without the codec
 * - `store`: as `full`, with the Postgres inbox and one row per message instead of the remembered ids
 */
await runArm(async (input) => {
  const ground = await createOurGround(input, input.mode === 'bytes' ? bytesCodec : undefined)
  const database = createDatabase({ url: input.databaseUrl, schema: `bench_${input.name.replaceAll('-', '_')}` })
  if (input.mode === 'store') await prepareDatabase(database)
  const result = await measurePasses(input, async (group, meter) => {
    const { consumer, ended } = await ground.start(routeOf(input, group, meter, database))
    await Promise.race([meter.done, ended])
    await consumer.stop(10_000)
    if (input.mode === 'store') await checkRows(database, group, input.count)
  })
  await Promise.all([ground.close(), database.close()])
  return result
})
