import type { Transport } from '@interchange/messaging'
import { afterAll, beforeAll, describe } from 'vitest'
import { assignmentCases } from './assignment-cases.ts'
import { groupCases } from './group-cases.ts'
import { headerCases } from './header-cases.ts'
import { readingCases } from './reading-cases.ts'
import { sendingCases } from './sending-cases.ts'
import { openStage, type Stage } from './stage.ts'
import { transactionCases } from './transaction-cases.ts'

/**
 * The transport contract (design page 3, "What every driver and route must pass"), modelled on NServiceBus' transport
 * tests: a driver is whatever passes. Registers its cases with vitest; `create` is called once.
 */
export const describeTransport = (name: string, create: () => Transport): void => {
  describe(`${name} keeps the transport contract`, () => {
    let stage: Stage
    const current = (): Stage => stage
    beforeAll(async () => {
      stage = await openStage(create())
    })
    afterAll(() => stage.close())

    sendingCases(current)
    headerCases(current)
    groupCases(current)
    assignmentCases(current)
    readingCases(current)
    transactionCases(current)
  })
}
