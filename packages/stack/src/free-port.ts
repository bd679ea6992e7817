import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { InterchangeError } from '@interchange/messaging'

// Below the range from which systems take the local ends of outgoing connections, so that none is taken by accident
// between this look and the component's start, or while a killed broker waits for its restart.
const firstPort = 20_000
const lastPort = 29_999
const attemptsMax = 200

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** A source of loopback ports that are free now; it never gives the same one twice. */
export const createPortFinder = (): (() => Promise<number>) => {
  const given = new Set<number>()
  return async () => {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const port = randomInt(firstPort, lastPort + 1)
      if (given.has(port) || !(await isFree(port))) continue
      given.add(port)
      return port
    }
    throw new InterchangeError('ICX_STACK_START_FAILED', `no free port between ${firstPort} and ${lastPort}`, {
      class: 'fatal',
    })
  }
}

/** The port a variable names, else a free one. */
export const portFrom = async (value: string | undefined, find: () => Promise<number>): Promise<number> => {
  if (value === undefined || value === '') return await find()
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InterchangeError('ICX_CONFIG_INVALID', `"${value}" is not a port number`, { class: 'fatal' })
  }
  return port
}
