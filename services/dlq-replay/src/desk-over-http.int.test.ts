import { setTimeout as pause } from 'node:timers/promises'
import { createReplayClient, type ReplayClient, type ReplayStatus } from '@interchange/dead-letters'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { group, name, openDeskOfAGroup, token } from './desk-of-a-group.fixture.ts'

let bench: Awaited<ReturnType<typeof openDeskOfAGroup>>
beforeAll(async () => {
  bench = await openDeskOfAGroup()
})
afterAll(() => bench.close())

const lettersOf = async (customerId: string) => (await bench.desk.client.letters({ key: customerId })).letters

const untilLettered = async (customerId: string) => {
  await vi.waitFor(async () => expect(await lettersOf(customerId)).toHaveLength(1), { timeout: 20_000, interval: 50 })
  const [letter] = await lettersOf(customerId)
  if (letter === undefined) throw new Error('no letter')
  return letter
}

const untilEnded = async (replayId: string): Promise<ReplayStatus> => {
  for (;;) {
    const status = await bench.desk.client.replay(replayId)
    if (status.state === 'done' || status.state === 'stopped') return status
    await pause(50)
  }
}

test('lists a letter as it arrives, and groups it by cause', async () => {
  await bench.register('listed')
  const letter = await untilLettered('listed')
  expect(letter).toMatchObject({ state: 'new', group, topic: name, correlationId: 'c-listed', reason: 'poison' })
  expect(
    await bench.desk.client.letters({ correlation: 'c-listed', state: 'new', cause: letter.fingerprint }),
  ).toMatchObject({
    total: 1,
    nextCursor: null,
  })
  expect(await bench.desk.client.causes({ group })).toMatchObject([{ fingerprint: letter.fingerprint, topics: [name] }])
})

test('masks what is about a person, and reveals it only with an audit record', async () => {
  await bench.register('masked')
  const { id, shortId } = await untilLettered('masked')
  const shown = await bench.desk.client.letter(shortId)
  expect(JSON.stringify(shown.value)).not.toMatch(/Mary|example/)
  expect(shown).toMatchObject({ id, revealed: false, valueBase64: null, value: { customerId: 'masked' } })
  expect((await bench.desk.client.audit()).some(({ letterIds }) => letterIds.includes(id))).toBe(false)

  const revealed = await bench.desk.client.letter(id, { reveal: true, actor: 'ada' })
  expect(revealed).toMatchObject({ revealed: true, value: { email: 'mj@example.com' } })
  expect(await bench.desk.client.audit()).toContainEqual(
    expect.objectContaining({ action: 'reveal', actor: 'ada', letterIds: [id] }),
  )
})

test('runs a replay in the background and says how each letter ended', async () => {
  await Promise.all([bench.register('fixed'), bench.register('unfixed')])
  const ids = [(await untilLettered('fixed')).id, (await untilLettered('unfixed')).id]
  bench.unwelcome.delete('fixed')
  const response = await fetch(`${bench.desk.url}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ letterIds: [...ids, 'nothing'], reason: 'a test', actor: 'ada' }),
  })
  const started = (await response.json()) as ReplayStatus
  expect(response.status).toBe(202)
  expect(response.headers.get('location')).toBe(`/replays/${started.replayId}`)
  expect(started.refused).toEqual([{ letterId: 'nothing', reason: 'unknown' }])
  const ended = await untilEnded(started.replayId)
  expect(ended).toMatchObject({ state: 'done', actor: 'ada', reason: 'a test', error: null })
  const counts = { planned: 2, sent: 2, resolved: 1, failedAgain: 1, duplicate: 0, pending: 0, gone: 0 }
  expect(ended.counts).toEqual(counts)
  expect((await untilLettered('fixed')).state).toBe('resolved')
  await vi.waitFor(async () => expect((await untilLettered('unfixed')).replays).toBe(1), 20_000)
  expect((await bench.desk.client.letter(ids[1] ?? '')).history).toMatchObject([
    { actor: 'ada', outcome: 'failed_again' },
  ])
  await expect(bench.desk.client.startReplay({ letterIds: [ids[0] ?? ''], reason: 'again' })).rejects.toMatchObject({
    code: 'ICX_REPLAY_REFUSED',
    message: expect.stringContaining('resolved'),
  })

  // Another process, which has nothing but the topics, says the same.
  const other = await bench.openAnother()
  expect((await other.client.replay(started.replayId)).counts).toEqual(counts)
  expect(await other.client.letters({ group })).toEqual(await bench.desk.client.letters({ group }))
  await other.close()
})

test('continues a replay that was cut short, in another process and under its id', async () => {
  const names = Array.from({ length: 6 }, (_, place) => `cut-${place}`)
  await Promise.all(names.map(bench.register))
  const letterIds = await Promise.all(names.map(async (each) => (await untilLettered(each)).id))
  for (const each of names) bench.unwelcome.delete(each)
  const dying = await bench.openAnother()
  const { replayId } = await dying.client.startReplay({
    letterIds,
    reason: 'a test',
    actor: 'ada',
    ratePerSecondMax: 0.5,
  })
  const sentOf = async (client: ReplayClient) => (await client.replay(replayId)).counts.sent
  await vi.waitFor(async () => expect(await sentOf(dying.client)).toBeGreaterThan(0), 20_000)
  await dying.close()
  await vi.waitFor(async () => expect(await sentOf(bench.desk.client)).toBeGreaterThan(0), 20_000)
  expect(await bench.desk.client.replay(replayId)).toMatchObject({ state: 'stopped', actor: 'ada' })

  const order = { reason: 'the other one died', actor: 'bob' }
  expect(await bench.desk.client.continueReplay(replayId, order)).toMatchObject({ replayId, actor: 'bob' })
  const { state, counts } = await untilEnded(replayId)
  expect({ state, planned: counts.planned, sent: counts.sent }).toEqual({ state: 'done', planned: 6, sent: 6 })
  // What the first one had sent without our knowing is a duplicate.
  expect(counts.resolved + counts.duplicate).toBe(6)
  expect(await bench.desk.client.audit()).toContainEqual(expect.objectContaining({ ...order, action: 'continue' }))
  await expect(bench.desk.client.continueReplay(replayId, order)).rejects.toMatchObject({ code: 'ICX_REPLAY_REFUSED' })
  await expect(bench.desk.client.continueReplay('nothing', order)).rejects.toMatchObject({ code: 'ICX_HTTP_NOT_FOUND' })
})

test('archives a letter: its key goes on without it, and the audit says who wanted that', async () => {
  await bench.register('kept')
  const letter = await untilLettered('kept')
  bench.unwelcome.delete('kept')
  const later = await bench.publish('kept')
  await vi.waitFor(() => expect(bench.room.records(group)).toHaveLength(1), 20_000)
  expect(bench.done.has(later)).toBe(false)
  const archived = await bench.desk.client.archive({
    letterIds: [letter.id, 'nothing'],
    reason: 'a test',
    actor: 'ada',
  })
  expect(archived).toMatchObject({ archived: 1, refused: [{ letterId: 'nothing', reason: 'unknown' }] })
  await vi.waitFor(() => expect(bench.done.get(later)).toEqual(['kept']), 20_000)
  expect(bench.done.has(letter.messageId)).toBe(false)
  expect((await untilLettered('kept')).state).toBe('archived')
  expect(await bench.desk.client.audit()).toContainEqual(
    expect.objectContaining({ action: 'archive', actor: 'ada', reason: 'a test', letterIds: [letter.id] }),
  )
  await expect(bench.desk.client.startReplay({ letterIds: [letter.id], reason: 'after all' })).rejects.toMatchObject({
    code: 'ICX_REPLAY_REFUSED',
    message: expect.stringContaining('archived'),
  })
})

test('pages through letters, each once', async () => {
  await Promise.all(Array.from({ length: 7 }, (_, place) => bench.register(`paged-${place}`)))
  await Promise.all(Array.from({ length: 7 }, (_, place) => untilLettered(`paged-${place}`)))
  const all = (await bench.desk.client.letters({ group, limit: 500 })).letters.map(({ id }) => id)
  const paged: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await bench.desk.client.letters({ group, limit: 3, ...(cursor !== undefined && { cursor }) })
    paged.push(...page.letters.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(paged).toEqual(all)
})

test.each([
  ['GET', '/dead-letters', undefined, 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['GET', '/audit', 'Bearer wrong', 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['POST', '/replays', 'Basic x', 401, 'ICX_HTTP_UNAUTHENTICATED'],
  ['GET', '/dead-letters/nothing', `Bearer ${token}`, 404, 'ICX_HTTP_NOT_FOUND'],
  ['GET', '/replays/nothing', `Bearer ${token}`, 404, 'ICX_HTTP_NOT_FOUND'],
  ['GET', '/dead-letters?cursor=%21', `Bearer ${token}`, 422, 'ICX_HTTP_INVALID'],
  ['POST', '/replays', `Bearer ${token}`, 422, 'ICX_HTTP_INVALID'],
])('answers %s %s with %s by a problem', async (method, path, authorization, status, code) => {
  const response = await fetch(`${bench.desk.url}${path}`, {
    method,
    headers: { ...(authorization !== undefined && { authorization }) },
  })
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  expect(await response.json()).toMatchObject({ status, code })
})

test('says that nobody answers when nobody does', async () => {
  const nobody = createReplayClient({ url: 'http://127.0.0.1:1', token })
  await expect(nobody.causes()).rejects.toMatchObject({ code: 'ICX_REPLAY_UNREACHABLE', failureClass: 'outage' })
})
