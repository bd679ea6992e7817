/**
 * How long a member waits for the next leader or coordinator before it takes the group for lost, in milliseconds. A cluster has
 * elected one by then: its `broker.session.timeout.ms` is 9 s.
 */
export const electionPatienceMs = 15_000
