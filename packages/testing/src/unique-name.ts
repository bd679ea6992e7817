import { randomBytes } from 'node:crypto'

/** A name nobody else has, fit for topics, groups and Postgres schemas: unique names instead of clean-up. */
export const uniqueName = (prefix: string): string => `${prefix}_${randomBytes(6).toString('hex')}`
