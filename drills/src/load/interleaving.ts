/** How many rounds of interleaved transactions one signal asks for. */
export const roundsPerSignal = 10
/** How many records of a round are aborted. */
export const abortedPerRound = 7
