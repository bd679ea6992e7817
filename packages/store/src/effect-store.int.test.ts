import { InterchangeError, naturalEventId, newEventId } from '@interchange/messaging'
import { afterAll, expect, test } from 'vitest'
import { createEffectStore } from './effect-store.ts'
import { entry, hashOf, openPostings, uniqueGroup, uniqueText, write } from './postings.fixture.ts'

const { database, inboxCount, postings } = await openPostings()
afterAll(() => database.close())

test('effects are written once, in the order of delivery, and a redelivery is a duplicate', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const entries = Array.from({ length: 50 }, () => entry(uniqueText()))
  const shuffled = [...entries.slice(25), ...entries.slice(0, 25)]
  expect(await store.settle(group, shuffled)).toEqual(shuffled.map(() => 'done'))
  expect(await store.settle(group, entries)).toEqual(entries.map(() => 'duplicate'))
  const texts = shuffled.map(({ effects }) => effects[0]?.text ?? '')
  expect(await postings(texts)).toEqual(texts)
})

test('a repetition, an id with other content and a failure among batches of new ids are what they are anywhere', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const first = entry(uniqueText())
  expect(await store.settle(group, [first])).toEqual(['done'])
  for (let batch = 0; batch < 3; batch++) {
    // Enough of them for the store to expect no repetition.
    for (let calm = 0; calm < 25; calm++) expect(await store.settle(group, [entry(uniqueText())])).toEqual(['done'])
    if (batch === 0) expect(await store.settle(group, [first])).toEqual(['duplicate'])
    const [fresh, other] = [entry(uniqueText()), entry(uniqueText(), first.messageId, 7)]
    const [done, duplicate] = await store.settle(group, [fresh, first])
    expect([done, duplicate]).toEqual(['done', 'duplicate'])
    expect(await store.settle(group, [fresh, other])).toMatchObject(['duplicate', { code: 'ICX_INBOX_CONFLICT' }])
    expect(await postings([fresh.effects[0]?.text ?? '', other.effects[0]?.text ?? ''])).toHaveLength(1)
    const [refused, next] = await store.settle(group, [entry('forbidden'), entry(uniqueText())])
    expect(refused).toMatchObject({ code: 'ICX_STORE_REFUSED', facts: { sqlState: '23514' } })
    expect(next).toBe('done')
  }
})

test('a repetition that two settlers bring at once among batches of new ids is one effect', async () => {
  const group = uniqueGroup()
  const stores = [createEffectStore({ database, apply: write }), createEffectStore({ database, apply: write })]
  for (const store of stores) for (let calm = 0; calm < 25; calm++) await store.settle(group, [entry(uniqueText())])
  const batch = Array.from({ length: 200 }, () => entry(uniqueText()))
  const answers = (await Promise.all(stores.map((store) => store.settle(group, batch)))).flat()
  expect(answers.filter((answer) => answer === 'done')).toHaveLength(200)
  expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(200)
  expect(await postings(batch.map(({ effects }) => effects[0]?.text ?? ''))).toHaveLength(200)
})

test('two groups each see the message', async () => {
  const store = createEffectStore({ database, apply: write })
  const one = entry(uniqueText())
  expect(await store.settle(uniqueGroup(), [one])).toEqual(['done'])
  expect(await store.settle(uniqueGroup(), [one])).toEqual(['done'])
})

test('two settlers with overlapping batches at the same time write every effect once', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const entries = Array.from({ length: 1_000 }, () => entry(uniqueText()))
  const rounds = Array.from({ length: 10 }, (_, round) => entries.slice(round * 90, round * 90 + 190))
  const answers = await Promise.all(
    rounds.flatMap((batch) => [store.settle(group, batch), store.settle(group, [...batch].reverse())]),
  )
  expect(answers.flat().every((answer) => answer === 'done' || answer === 'duplicate')).toBe(true)
  expect(answers.flat().filter((answer) => answer === 'done')).toHaveLength(1_000)
  const texts = entries.map(({ effects }) => effects[0]?.text ?? '')
  expect([...(await postings(texts))].sort()).toEqual([...texts].sort())
  expect(await inboxCount(group)).toBe(1_000)
})

test('a duplicate inside one batch is a duplicate, and other content under the same id a conflict', async () => {
  const store = createEffectStore({ database, apply: write })
  const first = entry(uniqueText())
  const other = entry(uniqueText(), first.messageId, 7)
  const neighbour = entry(uniqueText())
  const [done, duplicate, conflict, next] = await store.settle(uniqueGroup(), [first, first, other, neighbour])
  expect([done, duplicate, next]).toEqual(['done', 'duplicate', 'done'])
  expect(conflict).toBeInstanceOf(InterchangeError)
  expect(conflict).toMatchObject({ code: 'ICX_INBOX_CONFLICT', failureClass: 'poison', facts: { firstOffset: 0 } })
  expect(await postings([other.effects[0]?.text ?? ''])).toEqual([])
})

test('a conflict with an earlier batch names where the id was first seen', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const first = entry(uniqueText(), newEventId(Date.now()), 41)
  await store.settle(group, [first])
  const [conflict] = await store.settle(group, [entry(uniqueText(), first.messageId, 99)])
  expect(conflict).toMatchObject({ facts: { firstTopic: 'sales.order-placed.v1', firstPartition: 0, firstOffset: 41 } })
})

test('rows lie in the month of their id, whenever they arrive, and ids without a time lie in the default', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const ids = {
    december: naturalEventId('retail', '536365', Date.UTC(2010, 11, 31, 23, 59, 59, 999)),
    january: naturalEventId('retail', '539993', Date.UTC(2011, 0, 1)),
    foreign: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
    text: 'not a uuid at all',
  }
  const results = await store.settle(
    group,
    Object.values(ids).map((id) => entry(uniqueText(), id)),
  )
  expect(results).toEqual(['done', 'done', 'done', 'done'])
  const rows = await database.query<{ partition: string; count: number }>(
    `SELECT tableoid::regclass::text AS partition, count(*)::integer AS count FROM inbox
     WHERE group_name = $1 GROUP BY 1 ORDER BY 1`,
    [group],
  )
  expect(rows).toEqual([
    { partition: 'inbox_2010_12', count: 1 },
    { partition: 'inbox_2011_01', count: 1 },
    { partition: 'inbox_default', count: 2 },
  ])
  expect(await store.settle(group, [entry(uniqueText(), ids.text)])).toMatchObject([{ code: 'ICX_INBOX_CONFLICT' }])
})

test('a month whose rows lie in the default already stays there and still finds its duplicates', async () => {
  const group = uniqueGroup()
  const id = naturalEventId('retail', 'early', Date.UTC(2003, 4, 5))
  await database.query(
    `INSERT INTO inbox (group_name, message_id, content_hash, topic, partition, "offset") VALUES ($1, $2, $3, 't', 0, 0)`,
    [group, id, hashOf('early')],
  )
  const store = createEffectStore({ database, apply: write })
  expect(await store.settle(group, [entry('early', id), entry(uniqueText())])).toEqual(['duplicate', 'done'])
})

test('it settles batches of 500 at a rate worth printing', async () => {
  const store = createEffectStore({ database, apply: write })
  const group = uniqueGroup()
  const batches = Array.from({ length: 20 }, () => Array.from({ length: 500 }, () => entry(uniqueText())))
  const startedMs = performance.now()
  for (const batch of batches) await store.settle(group, batch)
  const seconds = (performance.now() - startedMs) / 1_000
  process.stdout.write(`settled ${Math.round(10_000 / seconds)} messages/s in batches of 500, one settler\n`)
  expect(await inboxCount(group)).toBe(10_000)
})
