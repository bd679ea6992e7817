import { createProgram } from '@interchange/cli'

export type CliCommand = ReturnType<typeof createProgram>

/** The whole command line as it is built. */
export const program: CliCommand = createProgram()

/** `ix dlq list` and the command behind it, for each command that does something. */
export const leafCommands = (command: CliCommand = program, path = 'ix'): readonly (readonly [string, CliCommand])[] =>
  command.commands.flatMap((child) => {
    const name = `${path} ${child.name()}`
    return child.commands.length > 0 ? leafCommands(child, name) : [[name, child] as const]
  })

/** What is wrong with the words behind `ix`; null when the program takes them. `whole`: nothing required may be missing. */
export const problemOf = (words: readonly string[], whole: boolean): string | null => {
  let command = program
  let at = 0
  for (; at < words.length; at++) {
    const child = command.commands.find((each) => each.name() === words[at])
    if (child === undefined) break
    command = child
  }
  if (command.commands.length > 0 && words[at] !== undefined && words[at] !== '--help') {
    return `${command.name()} has no command ${words[at]}`
  }
  return argumentProblem(command, words.slice(at), whole)
}

const argumentProblem = (command: CliCommand, words: readonly string[], whole: boolean): string | null => {
  const given = new Set<string>()
  let positionals = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!word.startsWith('-') || word === '-') {
      positionals++
      continue
    }
    if (word === '--help' || word === '--version') return null
    const option = command.options.find(({ long, short }) => long === word || short === word)
    if (option === undefined) return `${command.name()} has no option ${word}`
    given.add(option.long ?? word)
    if (option.required || option.optional) at++
  }
  const { registeredArguments } = command
  const variadic = registeredArguments.some((argument) => argument.variadic)
  if (positionals > registeredArguments.length && !variadic) return `${command.name()} takes fewer arguments`
  if (!whole) return null
  const missing = command.options.find(({ mandatory, long }) => mandatory && !given.has(long ?? ''))
  if (missing !== undefined) return `${command.name()} needs ${missing.long}`
  const least = registeredArguments.filter(({ required }) => required).length
  return positionals < least ? `${command.name()} needs more arguments` : null
}
