import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { InterchangeError } from '@interchange/messaging'
import type { Environment } from './home.ts'

const run = promisify(execFile)

/** The registry's distribution is compiled for 21. */
export const javaMajorMin = 21

const jvmFolders = ['/usr/lib/jvm', '/usr/java', '/opt/java', '/Library/Java/JavaVirtualMachines', '/opt/homebrew/opt']

const inside = (folder: string): string[] => {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((name) => [join(folder, name, 'bin', 'java'), join(folder, name, 'Contents', 'Home', 'bin', 'java')])
}

/** Where a JVM might be, in the order it is looked for: JAVA_HOME, the PATH, the usual folders. */
export const javaCandidates = (env: Environment, folders: readonly string[] = jvmFolders): string[] => {
  const home = env['JAVA_HOME'] ? [join(env['JAVA_HOME'], 'bin', 'java')] : []
  const path = (env['PATH'] ?? '').split(delimiter).filter(Boolean)
  const all = [...home, ...path.map((folder) => join(folder, 'java')), ...folders.flatMap(inside)]
  return [...new Set(all)].filter((file) => existsSync(file))
}

/** The major version in what `java -version` prints: 17 for `"17.0.15"`, 8 for `"1.8.0_412"`; null when it names none. */
export const javaMajorOf = (printed: string): number | null => {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? []
  if (first === undefined) return null
  return first === '1' && second !== undefined ? Number(second) : Number(first)
}

const majorAt = async (java: string): Promise<number | null> => {
  try {
    return javaMajorOf((await run(java, ['-version'], { timeout: 10_000 })).stderr)
  } catch {
    // A broken link or a stub that asks to install Java; the next candidate may do.
    return null
  }
}

/** The first JVM that is new enough; ICX_STACK_TOOL_MISSING says what was looked at. */
export const findJava = async (env: Environment): Promise<string> => {
  const seen: string[] = []
  for (const java of javaCandidates(env)) {
    const major = await majorAt(java)
    if (major !== null && major >= javaMajorMin) return java
    seen.push(`${java} (${major === null ? 'does not run' : `version ${major}`})`)
  }
  const found = seen.length === 0 ? 'none was found' : `found only ${seen.join(', ')}`
  throw new InterchangeError(
    'ICX_STACK_TOOL_MISSING',
    `a JDK ${javaMajorMin} or newer is needed to run Kafka and the registry here: ${found} in JAVA_HOME, on the PATH and in ${jvmFolders.join(', ')}. ` +
      'Install one (for example Temurin 25), or start Docker, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL.',
    { class: 'fatal', facts: { tool: 'java' } },
  )
}
