/** What the kernel says to a logger; `fields` are flat and never carry payload. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type LogFields = Readonly<Record<string, unknown>>

const nothing = (): void => undefined

/** Says nothing; for tests. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
