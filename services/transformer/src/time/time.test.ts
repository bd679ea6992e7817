import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoInstant } from './iso-instant.ts'
import { createLocalClock, londonInstant } from './local-instant.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

describe('time', () => {
  it("TIM-01 takes the export's winter times as UTC", () => {
    expect(iso(londonInstant('2010-12-01 08:26:00'))).toBe('2010-12-01T08:26:00.000Z')
  })

  it("TIM-02 takes the export's summer times as an hour ahead of UTC", () => {
    expect(iso(londonInstant('2011-07-01 08:26:00'))).toBe('2011-07-01T07:26:00.000Z')
    expect(iso(londonInstant('2011-03-27 02:00:00'))).toBe('2011-03-27T01:00:00.000Z')
    expect(iso(londonInstant('2011-10-30 00:59:59'))).toBe('2011-10-29T23:59:59.000Z')
    expect(iso(londonInstant('2011-10-30 02:00:00'))).toBe('2011-10-30T02:00:00.000Z')
  })

  it('TIM-03 moves an hour that did not happen forward by the gap', () => {
    expect(iso(londonInstant('2011-03-27 01:30:00'))).toBe('2011-03-27T01:30:00.000Z')
    expect(iso(createLocalClock('America/New_York')('2024-03-10 02:30:00'))).toBe('2024-03-10T07:30:00.000Z')
  })

  it('TIM-04 takes an hour that happened twice the first time', () => {
    expect(iso(londonInstant('2011-10-30 01:30:00'))).toBe('2011-10-30T00:30:00.000Z')
    expect(iso(createLocalClock('America/New_York')('2024-11-03 01:30:00'))).toBe('2024-11-03T05:30:00.000Z')
  })

  it.each([
    '2011-02-30 10:00:00',
    '2010-12-01 24:00:00',
    '0000-00-00 00:00:00',
    '2010-12-01 08:60:00',
    '2010-12-01T08:26:00',
    '2010-12-01 08:26',
    '01/12/2010 08:26:00',
    '2010-12-01 08:26:00Z',
    '',
  ])('TIM-05 rejects the local time %j', (text) => {
    expect(() => londonInstant(text)).toThrow('no local time')
  })

  it('TIM-06 reads ISO 8601 with an offset to the millisecond', () => {
    expect(
      [
        '2021-12-31T19:00:00-05:00',
        '2024-02-29T12:00:00Z',
        '2024-02-29T12:00:00.123987+05:30',
        '2024-02-29T12:00:00.5Z',
      ].map((text) => iso(isoInstant(text))),
    ).toEqual([
      '2022-01-01T00:00:00.000Z',
      '2024-02-29T12:00:00.000Z',
      '2024-02-29T06:30:00.123Z',
      '2024-02-29T12:00:00.500Z',
    ])
  })

  it.each([
    '2021-12-31T19:00:00',
    '2021-12-31',
    '2023-02-29T12:00:00Z',
    '2021-12-31T19:00:60Z',
    '2021-12-31T19:00:00+25:00',
    'yesterday',
    '0000-00-00T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '',
  ])('TIM-07 rejects the ISO time %j', (text) => {
    expect(() => isoInstant(text)).toThrow('no ISO 8601 time with an offset')
  })

  it('shows the same wall clock for every instant it reads back from London', () => {
    const wall = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Europe/London',
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    const instants = fc.date({ min: new Date('1996-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(instants, (date) => {
        const text = wall.format(date)
        expect(wall.format(londonInstant(text))).toBe(text)
      }),
    )
  })

  it.each(['2011-03-27', '2011-10-30'])('reads each half hour of the week around the change of %s', (day) => {
    const wall = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Europe/London',
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    const hourMs = 3_600_000
    for (let halfHour = -7 * 24; halfHour < 7 * 24; halfHour++) {
      const instant = Date.parse(day) + (halfHour * hourMs) / 2
      const text = wall.format(instant)
      const isSecondTime = wall.format(instant - hourMs) === text
      expect(iso(londonInstant(text))).toBe(iso(isSecondTime ? instant - hourMs : instant))
    }
  })
})
