import { duration, styled } from './output.ts'

/** Says on stderr what is going on and how long it took; on a terminal the running step is redrawn each second. */
export const step = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
  const startedAt = performance.now()
  const { stderr } = process
  const line = (mark: string): string => `${mark} ${name}`
  const redraw = stderr.isTTY
    ? setInterval(() => stderr.write(`\r\u001b[2K${line('…')} ${duration(performance.now() - startedAt)}`), 1_000)
    : undefined
  if (stderr.isTTY) stderr.write(line('…'))
  const finish = (mark: string): void => {
    clearInterval(redraw)
    const took = styled('dim', duration(performance.now() - startedAt), stderr)
    stderr.write(`${stderr.isTTY ? '\r\u001b[2K' : ''}${line(mark)}  ${took}\n`)
  }
  try {
    const result = await work()
    finish(styled('green', '✓', stderr))
    return result
  } catch (error) {
    finish(styled('red', '✗', stderr))
    throw error
  }
}
