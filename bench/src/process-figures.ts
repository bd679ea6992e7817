import { readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Resident memory of a process in MiB (Linux: /proc); undefined when it has ended. */
export const residentMib = (pid: number): number | undefined => {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '')?.[1]
  return kib === undefined ? undefined : Number(kib) / 1_024
}

/** Processor time a process has used so far, all its threads, in seconds (Linux: /proc); undefined when it has ended. */
export const cpuSeconds = (pid: number): number | undefined => {
  // The name in parentheses may hold blanks; after it, user and system time are the 12th and 13th field.
  const fields = readProc(pid, 'stat')
    ?.replace(/^.*\) /s, '')
    .split(' ')
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const readProc = (pid: number, name: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && gone.has(String(error.code))) return undefined
    throw error
  }
}

/** The process has ended: before the file was opened, or between opening and reading it. */
const gone: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH'])
