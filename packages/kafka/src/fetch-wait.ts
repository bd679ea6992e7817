/**
 * How long a fetch waits for data, in milliseconds. Short while a partition is paused: the others, such as those of an empty replay
 * lane, may have nothing, and what is resumed meanwhile would wait for the end of their fetch (trap K25).
 */
export const fetchWaitMs = (anyPaused: boolean): number => (anyPaused ? 15 : 250)
