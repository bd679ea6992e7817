import type { Cluster } from 'kafkajs'

interface CoordinatorRequest {
  readonly groupId: string
  readonly coordinatorType?: number
}

/** The part of kafkajs' cluster that looks for coordinators. */
interface CoordinatorFinder {
  findGroupCoordinatorMetadata(request: CoordinatorRequest): Promise<unknown>
  readonly brokerPool: {
    /** Asks one broker after the other until one answers; keeps to itself what the others said. */
    withBroker(
      ask: (at: {
        readonly broker: { findGroupCoordinator(request: CoordinatorRequest): Promise<unknown> }
      }) => unknown,
    ): Promise<unknown>
  }
}

/**
 * kafkajs says of a group or transactional id that we have no right to, that no coordinator can be found, as it does when brokers are
 * away: whoever waits for that to pass waits for ever. From now on this cluster rejects with the broker's refusal.
 */
export const tellRefusals = (cluster: Cluster): void => {
  const finder = cluster as unknown as CoordinatorFinder
  const find = finder.findGroupCoordinatorMetadata.bind(finder)
  finder.findGroupCoordinatorMetadata = (request) =>
    find(request).catch(async (error: unknown) => {
      throw (await refusalOf(finder, request)) ?? error
    })
}

const refusalOf = async ({ brokerPool }: CoordinatorFinder, request: CoordinatorRequest): Promise<unknown> => {
  let refusal: unknown
  await brokerPool
    .withBroker(({ broker }) =>
      broker.findGroupCoordinator(request).catch((error: { readonly type?: string }) => {
        if (error.type?.endsWith('_AUTHORIZATION_FAILED') === true) refusal = error
        throw error
      }),
    )
    // The first error is the one to tell.
    .catch(() => undefined)
  return refusal
}
