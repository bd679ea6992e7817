import { expect, test } from 'vitest'
import { readCausesRequest, readLetterRequest, readListRequest, readReplayRequest } from './requests.ts'

const refused = expect.objectContaining({ code: 'ICX_HTTP_INVALID', failureClass: 'poison' })

test('reads a filter with a time in any zone', () => {
  const query = { group: 'ledger', since: '2026-01-01T01:00:00+01:00', correlation: 'c1', limit: '7' }
  expect(readListRequest(query)).toEqual({
    filter: { group: 'ledger', sinceMs: Date.UTC(2026, 0, 1), correlationId: 'c1' },
    limit: 7,
    cursor: undefined,
  })
})

test.each([
  [{ limit: '0' }],
  [{ limit: '501' }],
  [{ since: 'yesterday' }],
  [{ state: 'lost' }],
  [{ groups: 'ledger' }],
  [{ group: ['a', 'b'] }],
])('refuses the query %o', (query) => {
  expect(() => readListRequest(query)).toThrow(refused)
})

test('takes one page size and one cursor for letters only', () => {
  expect(() => readCausesRequest({ limit: '5' })).toThrow(refused)
})

test.each([
  [{ letterIds: ['a'] }, { letterIds: ['a'] }],
  [
    { group: 'g', cause: 'f' },
    { group: 'g', cause: 'f' },
  ],
  [
    { group: 'g', all: true },
    { group: 'g', all: true },
  ],
])('reads the selection %o', (selection, read) => {
  expect(readReplayRequest({ ...selection, reason: ' fixed ' })).toEqual({
    selection: read,
    actor: 'operator',
    reason: 'fixed',
    ratePerSecondMax: undefined,
    force: false,
    acceptReorder: false,
  })
})

test.each([
  [{}],
  [{ group: 'g' }],
  [{ letterIds: [] }],
  [{ letterIds: ['a'], group: 'g' }],
  [{ group: 'g', cause: 'f', all: true }],
  [{ group: 'g', all: false }],
  [{ letterIds: ['a'], reason: ' ' }],
  [{ letterIds: ['a'], ratePerSecondMax: 0 }],
])('refuses the replay %o', (body) => {
  expect(() => readReplayRequest({ reason: 'fixed', ...body })).toThrow(refused)
})

test('masks unless told to reveal in so many words', () => {
  expect(readLetterRequest({})).toEqual({ reveal: false, actor: 'operator' })
  expect(readLetterRequest({ reveal: 'true', actor: 'ada' })).toEqual({ reveal: true, actor: 'ada' })
  expect(() => readLetterRequest({ reveal: '1' })).toThrow(refused)
})
