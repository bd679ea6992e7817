import type { Setting } from './setting.ts'

/** Settings by property name. */
export type Settings = Readonly<Record<string, Setting<unknown>>>

/** What a group of settings reads to. */
export type ValuesOf<Group extends Settings> = {
  readonly [Name in keyof Group]: Group[Name] extends Setting<infer Value> ? Value : never
}

/** Something wrong with one variable: what was found, what is expected, and what to do. */
export interface ConfigProblem {
  readonly env: string
  readonly found: string
  readonly remedy: string
}

/** Settings that belong together, and the rules that hold between them. */
export interface ConfigPart<Group extends Settings = Settings> {
  /** Heading in the docs. */
  readonly title: string
  readonly settings: Group
  /** Rules over several settings; asked only when each of them is right by itself. */
  readonly check: (values: ValuesOf<Group>) => readonly ConfigProblem[]
}

/** Names a part's types once, where it is written. */
export const configPart = <const Group extends Settings>(
  title: string,
  settings: Group,
  check: (values: ValuesOf<Group>) => readonly ConfigProblem[] = () => [],
): ConfigPart<Group> => ({ title, settings, check })

/** The values that a part reads to. */
export type ConfigOf<Part> = Part extends ConfigPart<infer Group> ? ValuesOf<Group> : never
