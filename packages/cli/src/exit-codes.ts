/** What `ix` ends with. docs/reference/cli.md lists the same set. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  nothingFound: 4,
  cannotConnect: 5,
  interrupted: 130,
} as const

/** A command ends here: `message` goes to stderr and `exitCode` to the shell. */
export class CommandEnd extends Error {
  override readonly name = 'CommandEnd'
  readonly exitCode: number

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}
