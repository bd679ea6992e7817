import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLanes, type LaneItem, type RoomStage } from './lanes.ts'

interface Step extends LaneItem {
  readonly n: number
  nextInLane: this | undefined
  room: RoomStage
}

const step = (n: number, laneKey: string | null): Step => ({
  n,
  laneKey,
  holdsLane: false,
  nextInLane: undefined,
  room: 'out',
})

describe('lanes', () => {
  it('let other keys pass a key that is held', () => {
    const lanes = createLanes<Step>(true)
    const [a1, a2, b1] = [step(1, 'a'), step(2, 'a'), step(3, 'b')]
    for (const item of [a1, a2, b1]) lanes.push(item)
    expect(lanes.next()).toBe(a1)
    lanes.hold(a1)
    expect(lanes.next()).toBe(b1)
    expect(lanes.next()).toBeUndefined()
    lanes.release(a1)
    expect(lanes.next()).toBe(a2)
  })

  it('let nothing pass a message that comes back under way while an earlier one of its key holds the lane', () => {
    const lanes = createLanes<Step>(true)
    const [again, underWay, later] = [step(1, 'a'), step(2, 'a'), step(3, 'a')]
    lanes.push(again)
    expect(lanes.next()).toBe(again)
    lanes.hold(again)
    lanes.join(underWay)
    lanes.push(later)
    lanes.release(again)
    expect(lanes.next()).toBeUndefined()
    lanes.release(underWay)
    expect(lanes.next()).toBe(later)
  })

  it('hand a held lane to the next attempt at its message', () => {
    const lanes = createLanes<Step>(true)
    const [first, again, later] = [step(1, 'a'), step(1, 'a'), step(2, 'a')]
    lanes.push(first)
    lanes.push(later)
    lanes.hold(lanes.next() ?? first)
    lanes.handOver(first, again)
    lanes.release(first)
    expect(lanes.next()).toBeUndefined()
    lanes.release(again)
    expect(lanes.next()).toBe(later)
  })

  it('treat a null key as one lane of its own, beside the empty key', () => {
    const lanes = createLanes<Step>(true)
    const [n1, n2, empty] = [step(1, null), step(2, null), step(3, '')]
    for (const item of [n1, n2, empty]) lanes.push(item)
    lanes.hold(lanes.next() ?? n1)
    expect(lanes.next()).toBe(empty)
    expect(lanes.next()).toBeUndefined()
  })

  it('hold nothing when the route asks for no order', () => {
    const lanes = createLanes<Step>(false)
    const [a1, a2] = [step(1, 'a'), step(2, 'a')]
    lanes.push(a1)
    lanes.push(a2)
    lanes.hold(lanes.next() ?? a1)
    expect(lanes.next()).toBe(a2)
  })

  it('leave a lane to the later message that holds it when an earlier one comes back', () => {
    const lanes = createLanes<Step>(true)
    const [a1, a2, a3] = [step(1, 'a'), step(2, 'a'), step(3, 'a')]
    for (const item of [a1, a2, a3]) lanes.push(item)
    lanes.next()
    lanes.hold(lanes.next() ?? a2)
    lanes.hold(a1)
    lanes.release(a1)
    expect(lanes.next()).toBeUndefined()
    lanes.release(a2)
    expect(lanes.next()).toBe(a3)
  })

  it('name all that is not in the room behind a holder that waits there, in its order, turned away or not', () => {
    const lanes = createLanes<Step>(true)
    const [holder, inside, asked, never, again] = [1, 2, 3, 4, 5].map((n) => step(n, 'a'))
    const all = [holder, inside, asked, never, again].filter((item) => item !== undefined)
    for (const item of all) lanes.push(item)
    expect(lanes.next()).toBe(holder)
    lanes.hold(holder ?? expect.fail())
    expect(lanes.next()).toBeUndefined()
    const stages: readonly RoomStage[] = ['entering', 'in', 'turned-away', 'out', 'turned-away']
    for (const [index, item] of all.entries()) item.room = stages[index] ?? 'out'
    expect(lanes.park(holder ?? expect.fail())).toEqual([asked, never, again])
  })

  it('give back everything that has not started, also what waits behind a key', () => {
    const lanes = createLanes<Step>(true)
    const items = [step(1, 'a'), step(2, 'a'), step(3, 'b'), step(4, 'a')]
    for (const item of items) lanes.push(item)
    lanes.hold(lanes.next() ?? step(0, 'x'))
    lanes.next()
    expect(
      lanes
        .drain()
        .map(({ n }) => n)
        .toSorted(),
    ).toEqual([2, 4])
    expect(lanes.ready).toBe(false)
  })

  it('start each message once and each key in its order, however long each one takes', () => {
    const messages = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', null), async: fc.boolean() }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.nat({ max: 5 })), (plan, choices) => {
        const lanes = createLanes<Step>(true)
        const started: Step[] = []
        const running: Step[] = []
        const items = plan.map(({ key }, n) => step(n, key))
        for (const item of items) lanes.push(item)
        const endOne = (): void => {
          const [item] = running.splice((choices.next().value ?? 0) % running.length, 1)
          if (item !== undefined) lanes.release(item)
        }
        while (started.length < items.length) {
          const item = lanes.next()
          if (item === undefined) {
            expect(running.length).toBeGreaterThan(0)
            endOne()
            continue
          }
          expect(running.some(({ laneKey }) => laneKey === item.laneKey)).toBe(false)
          started.push(item)
          if (plan[item.n]?.async === true) {
            lanes.hold(item)
            running.push(item)
          } else lanes.release(item)
          if (running.length > 3) endOne()
        }
        for (const key of ['a', 'b', 'c', null]) {
          const order = started.filter(({ laneKey }) => laneKey === key).map(({ n }) => n)
          expect(order).toEqual(order.toSorted((a, b) => a - b))
        }
        expect(new Set(started).size).toBe(items.length)
      }),
    )
  })
})
