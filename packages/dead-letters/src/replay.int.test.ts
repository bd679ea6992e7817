import { timestampMillis } from '@interchange/contracts'
import {
  createPublisher,
  deadLetterHeaders,
  HeaderBlock,
  newEventId,
  type OutboundRecord,
  systemClock,
} from '@interchange/messaging'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  bookFromTopics,
  codec,
  group,
  idsOf,
  name,
  openLetteredGroup,
  parts,
  recordsOf,
  source,
  statesOf,
  topic,
  transport,
  untilStates,
} from './lettered-group.fixture.ts'
import { planContinuation } from './plan-continuation.ts'
import { planReplay } from './plan-replay.ts'
import { runReplay } from './run-replay.ts'
import { showLetter } from './show-letter.ts'

let bench: Awaited<ReturnType<typeof openLetteredGroup>>
beforeAll(async () => {
  bench = await openLetteredGroup()
})
afterAll(() => bench.close())

test('follows a letter through a replay that fails again to one that resolves it', async () => {
  bench.refusedReasons.add('damage')
  await Promise.all([bench.publish('damage'), bench.publish('damage'), bench.publish('found')])
  const first = await untilStates('damage', ['new', 'new'])
  expect(first.causes({ match: 'damage' })).toMatchObject([
    { group, open: 2, reason: 'poison', code: 'ICX_HANDLER_REJECTED', topics: [name] },
  ])
  const [id] = idsOf(first, 'damage')
  if (id === undefined) throw new Error('no letter')
  const found = first.find(id)
  if (found === undefined) throw new Error('not found')
  const shown = await showLetter({ transport, codec }, found.letter)
  expect(shown.decoded).toMatchObject({ ok: true, value: { lines: [{ sku: 'A', reason: 'damage' }] } })

  expect(await bench.replay(first, { letterIds: [id] })).toEqual({ planned: 1, sent: 1, skipped: 0, gone: 0 })
  const again = await untilStates('damage', ['failed-again', 'new'])
  const [latest] = again.list({ match: 'damage', state: 'failed-again' })
  expect(latest?.letter.facts).toMatchObject({ replays: 1, messageId: found.letter.facts.messageId })
  expect(again.find(id)?.status).toMatchObject({ state: 'failed-again', supersededBy: latest?.letter.id })
  expect(again.find(id)?.status.replays).toMatchObject([{ actor: 'ada', reason: 'a test' }])

  bench.refusedReasons.delete('damage')
  expect(await bench.replay(again, { group, cause: latest?.letter.facts.fingerprint ?? '' })).toMatchObject({ sent: 2 })
  const resolved = await untilStates('damage', ['resolved', 'resolved'])
  expect(resolved.find(id)?.status.state).toBe('resolved')

  expect(await bench.replay(resolved, { letterIds: idsOf(resolved, 'damage') })).toMatchObject({ planned: 0, sent: 0 })
  expect(await bench.replay(resolved, { letterIds: idsOf(resolved, 'damage') }, { force: true })).toMatchObject({
    sent: 2,
  })
  await vi.waitFor(async () => {
    const outcomes = (await bookFromTopics()).audits().flatMap(({ auditId }) => auditId.split('.')[0] ?? [])
    const [newest] = outcomes
    expect((await bookFromTopics()).outcomesOf(newest ?? '').map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'duplicate',
    ])
  }, 30_000)
})

test('sends the original back byte for byte, whatever its headers are, and believes none of them', async () => {
  bench.refusedReasons.add('odd')
  const producer = await transport.createProducer()
  const lines = [{ sku: 'A', quantityDelta: 1, reason: 'odd' }]
  const value = codec.encode(topic, { adjustmentId: 'odd-1', adjustedAt: timestampMillis(0), lines })
  const original: OutboundRecord = {
    topic: name,
    partition: 1,
    key: Buffer.from('odd-1'),
    value,
    headers: HeaderBlock.of([
      { name: 'a', value: null },
      { name: 'a', value: Buffer.from([0xff, 0xfe]) },
      { name: '', value: '' },
      { name: deadLetterHeaders.replays, value: '9' },
      { name: deadLetterHeaders.replayId, value: 'forged' },
      { name: deadLetterHeaders.originalHeaderCount, value: '0' },
      { name: deadLetterHeaders.group, value: 'somebody' },
      { name: 'a', value: 'last' },
    ]),
  }
  await producer.send([original])
  await producer.close()
  const book = await untilStates('odd', ['new'])
  const [listed] = book.list({ match: 'odd' })
  expect(listed?.letter.facts).toMatchObject({ complete: true, replays: 0, replayId: undefined, partition: 1 })
  expect(listed?.letter.source.group).toBe(group)

  for (const state of ['failed-again', 'resolved']) {
    if (state === 'resolved') bench.refusedReasons.delete('odd')
    const [{ letter } = {}] = (await bookFromTopics()).list({ match: 'odd' })
    await bench.replay(await bookFromTopics(), { letterIds: [letter?.id ?? ''] })
    await untilStates('odd', [state])
  }
  const consumed = (await recordsOf(name)).find(({ key }) => key?.equals(Buffer.from('odd-1')))
  const sent = (await recordsOf(source.lane)).filter(({ key }) => key?.equals(Buffer.from('odd-1')))
  expect(sent).toHaveLength(2)
  for (const { partition, key, value: bytes, headers } of sent) {
    expect(partition).toBe(1)
    expect(key).toEqual(consumed?.key)
    expect(bytes).toEqual(consumed?.value)
    expect(headers.take(8).bytes).toEqual(consumed?.headers.bytes)
  }
  expect(sent.map(({ headers }) => headers.text(deadLetterHeaders.replays)).sort()).toEqual(['0', '1'])
})

test('sends nothing when the audit cannot be written', async () => {
  bench.refusedReasons.add('unaudited')
  await bench.publish('unaudited')
  const book = await untilStates('unaudited', ['new'])
  const closed = await createPublisher(parts)
  await closed.close()
  const before = (await recordsOf(source.lane)).length
  await expect(
    bench.replay(book, { letterIds: idsOf(book, 'unaudited') }, { publisher: closed }),
  ).rejects.toMatchObject({
    code: 'ICX_PUBLISH_CLOSED',
  })
  expect(await recordsOf(source.lane)).toHaveLength(before)
  expect(statesOf(await bookFromTopics(), 'unaudited')).toEqual(['new'])
})

test('sends what was planned once, however often the plan is run', async () => {
  bench.refusedReasons.add('twice')
  await Promise.all(Array.from({ length: 20 }, () => bench.publish('twice')))
  const book = await untilStates(
    'twice',
    Array.from({ length: 20 }, () => 'new'),
  )
  bench.refusedReasons.delete('twice')
  const selection = { letterIds: idsOf(book, 'twice') }
  const replayId = newEventId(Date.now())
  expect(await bench.replay(book, selection, { replayId })).toMatchObject({ sent: 20, skipped: 0 })
  // A process that knows nothing but the topics continues the same plan.
  const other = await bookFromTopics()
  expect(await bench.replay(other, selection, { replayId, force: true })).toEqual({
    planned: 20,
    sent: 0,
    skipped: 20,
    gone: 0,
  })
  await untilStates(
    'twice',
    Array.from({ length: 20 }, () => 'resolved'),
  )
})

test('a replay that was cut short goes on where it stopped, and the audit says who continued it', async () => {
  bench.refusedReasons.add('cut')
  await Promise.all(Array.from({ length: 20 }, () => bench.publish('cut')))
  const all = (state: string): readonly string[] => Array.from({ length: 20 }, () => state)
  const book = await untilStates('cut', all('new'))
  bench.refusedReasons.delete('cut')
  const replayId = newEventId(Date.now())
  const admin = await transport.createAdmin()
  const planning = { admin, transport, replayId, acceptReorder: true }
  const cut = new AbortController()
  const parts = { transport, publisher: bench.publisher, reason: 'a test', ratePerSecondMax: 20, clock: systemClock }
  const plan = await planReplay({ ...planning, book, selection: { letterIds: idsOf(book, 'cut') } })
  const first = await runReplay({
    ...parts,
    plan,
    book,
    actor: 'ada',
    signal: cut.signal,
    onProgress: ({ sent }) => sent >= 6 && cut.abort(),
  })
  expect(first.sent).toBe(6)
  // Another process, which knows nothing but the topics.
  const other = await bookFromTopics()
  const rest = await planContinuation({ ...planning, book: other })
  await admin.close()
  if (rest === undefined) throw new Error('nobody knows of the replay')
  expect(await runReplay({ ...parts, plan: rest, book: other, actor: 'bob', continues: true })).toMatchObject({
    planned: 14,
    sent: 14,
  })
  const resolved = await untilStates('cut', all('resolved'))
  expect(resolved.sentBy(replayId)).toHaveLength(20)
  const audits = resolved.audits().filter(({ auditId }) => auditId.startsWith(replayId))
  expect(audits.map(({ actor, action, count }) => [actor, action, count])).toEqual([
    ['bob', 'continue', 14],
    ['ada', 'replay', 20],
  ])
})

test('keeps to its rate', async () => {
  bench.refusedReasons.add('slow')
  await Promise.all(Array.from({ length: 10 }, () => bench.publish('slow')))
  const book = await untilStates(
    'slow',
    Array.from({ length: 10 }, () => 'new'),
  )
  bench.refusedReasons.delete('slow')
  const startedMs = performance.now()
  await bench.replay(book, { letterIds: idsOf(book, 'slow') }, { ratePerSecondMax: 20 })
  // Ten at twenty a second, two by two: the last two go after 400 ms.
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(390)
  await untilStates(
    'slow',
    Array.from({ length: 10 }, () => 'resolved'),
  )
})

test('refuses to send while no member of the group is alive', async () => {
  bench.refusedReasons.add('alone')
  await bench.publish('alone')
  const book = await untilStates('alone', ['new'])
  await bench.stopGroup()
  const admin = await transport.createAdmin()
  const selection = { letterIds: idsOf(book, 'alone') }
  const { letters, refused } = await planReplay({ book, admin, transport, selection, replayId: newEventId(Date.now()) })
  await admin.close()
  expect(letters).toEqual([])
  expect(refused.map(({ reason }) => reason)).toEqual(['no-live-member'])
})
