import pg from 'pg'

export interface ListenOptions {
  readonly connection: pg.ClientConfig
  /** The channel: LISTEN's names are as long as a schema's, so there is no room for more. */
  readonly schema: string
  readonly wake: () => void
  readonly onBroken: (error: unknown) => void
}

const reconnectMs = 1_000
/** A connection that is gone without a word is found by asking. */
const probeMs = 30_000

/** Listens until the answered function is called, connecting again when the connection breaks. */
export const listen = ({ connection, schema, wake, onBroken }: ListenOptions): (() => Promise<void>) => {
  let ended = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const own = new pg.Client({ ...connection, query_timeout: 5_000 })
    client = own
    const broken = (error?: unknown): void => {
      if (ended || client !== own) return
      client = undefined
      clearTimeout(timer)
      timer = setTimeout(start, reconnectMs)
      void close(own)
      onBroken(error)
    }
    own.on('error', broken)
    own.on('end', broken)
    own.on('notification', wake)
    const probe = (): void => {
      timer = setTimeout(() => void own.query('SELECT 1').then(probe, broken), probeMs)
    }
    try {
      await own.connect()
      await own.query(`LISTEN ${schema}`)
      if (ended || client !== own) return close(own)
      wake()
      probe()
    } catch (error) {
      broken(error)
    }
  }

  let connecting: Promise<void>
  const start = (): void => {
    connecting = connect()
  }
  connecting = connect()

  return async () => {
    ended = true
    clearTimeout(timer)
    const last = client
    client = undefined
    await connecting
    if (last !== undefined) await close(last)
  }
}

/** Says goodbye to a connection that may be gone already. */
const close = async (client: pg.Client): Promise<void> => {
  try {
    await client.end()
  } catch {
    // It is gone; nothing was under way on it.
  }
}
