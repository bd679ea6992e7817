import { readFile } from 'node:fs/promises'
import { InterchangeError } from '@interchange/messaging'

/** Where a token for OAUTHBEARER comes from. */
export interface TokenSource {
  /** A file, read at each login, or an OAuth 2 token endpoint. */
  readonly url: string
  /** The client and its secret, for an endpoint. */
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string | undefined
  /** Default 10,000. */
  readonly timeoutMs?: number
}

interface Token {
  readonly text: string
  readonly freshUntilMs: number
}

/** A token is asked for again when this share of its life is over. */
const freshShare = 0.8
const answerBytesMax = 1024 * 1024

/**
 * Tokens by the client credentials grant (RFC 6749, 4.4), each kept while it is fresh, one request however many ask; or as
 * they lie in a file. Rejects with `ICX_KAFKA_REFUSED` when the endpoint refuses the client, otherwise with
 * `ICX_KAFKA_UNAVAILABLE`; neither says token or secret.
 */
export const createTokens = (source: TokenSource): (() => Promise<string>) => {
  if (source.url.startsWith('file:')) return () => tokenInFile(new URL(source.url))
  let token: Token | undefined
  let asking: Promise<Token> | undefined
  return async () => {
    if (token !== undefined && Date.now() < token.freshUntilMs) return token.text
    asking ??= askForToken(source).then(
      (asked) => {
        asking = undefined
        token = asked
        return asked
      },
      (error: unknown) => {
        asking = undefined
        throw error
      },
    )
    return (await asking).text
  }
}

const tokenInFile = async (url: URL): Promise<string> => {
  try {
    return (await readFile(url, 'utf8')).trim()
  } catch (cause) {
    throw unavailable(`the token file ${url.pathname} cannot be read`, cause)
  }
}

const askForToken = async ({ url, clientId, clientSecret, scope, timeoutMs = 10_000 }: TokenSource): Promise<Token> => {
  const askedAtMs = Date.now()
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
  const login = [clientId, clientSecret].map(encodeURIComponent).join(':')
  let status: number
  let answer: Readonly<Record<string, unknown>>
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}`, accept: 'application/json' },
      body: form,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    status = response.status
    answer = fieldsOf(await textOf(response))
  } catch (cause) {
    throw unavailable('the token endpoint does not answer', cause)
  }
  const { access_token: text, expires_in: expiresIn, error } = answer
  if (status === 400 || status === 401 || status === 403) {
    const said = typeof error === 'string' ? `: ${error.slice(0, 100)}` : ''
    throw new InterchangeError('ICX_KAFKA_REFUSED', `the token endpoint refuses the client (${status})${said}`, {
      class: 'fatal',
      facts: { status },
    })
  }
  if (status !== 200 || typeof text !== 'string') throw unavailable(`the token endpoint answers ${status} and no token`)
  // Without a word about its life it is used once (RFC 6749, 5.1, leaves that open).
  const lifeMs = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn * 1_000 : 0
  return { text, freshUntilMs: askedAtMs + lifeMs * freshShare }
}

const textOf = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > answerBytesMax) throw new RangeError(`an answer of more than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const fieldsOf = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const unavailable = (what: string, cause?: unknown): InterchangeError =>
  new InterchangeError('ICX_KAFKA_UNAVAILABLE', what, { class: 'outage', cause })
