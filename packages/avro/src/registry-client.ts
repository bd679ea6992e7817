import { InterchangeError } from '@interchange/messaging'

/** Where writer schemas come from. Implementations reject with class `outage` when they cannot know, never guess. */
export interface SchemaSource {
  /** The Avro text under an id. Rejects with `contract` when there is none, or when it is not Avro. */
  schemaText(id: number): Promise<string>
  /** The id of exactly this text in a subject. Rejects with `fatal` when it is not registered. */
  idOf(subject: string, text: string): Promise<number>
}

/** How to reach a registry that speaks Confluent's API. */
export interface RegistryClientOptions {
  /** The address, path included; a user and password in it become a Basic header. */
  readonly url: string
  /** For headers and body together. */
  readonly timeoutMs?: number
  /** Longer answers are not read to their end. */
  readonly answerBytesMax?: number
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

const unavailable = (what: string, facts: Record<string, string | number>, cause?: unknown): InterchangeError =>
  new InterchangeError('ICX_REGISTRY_UNAVAILABLE', `the schema registry ${what}`, { class: 'outage', facts, cause })

const readBounded = async (response: Response, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new RangeError(`an answer of more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const fieldOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined

/**
 * True when the registry itself says that subject, version or schema do not exist (40401 to 40403). A 404 without such
 * a code comes from a proxy or from a wrong path, and says nothing about the schema.
 */
const isAbsent = ({ status, body }: Answer): boolean => {
  const code = fieldOf(body, 'error_code')
  return status === 404 && typeof code === 'number' && code >= 40401 && code <= 40403
}

const outageOf = ({ status, body }: Answer, path: string): InterchangeError => {
  const facts = { status, path }
  if (status === 401 || status === 403) return unavailable(`refused our credentials (${status})`, facts)
  if (status === 200) return unavailable(`answered with something else than its API: ${typeof body}`, facts)
  return unavailable(`answered with status ${status}`, facts)
}

/**
 * A client of its own instead of the registry library's, because that one reports an unreachable registry as status
 * 400, waits for a silent one for ever and asks for an unknown id once per message (reliability page, section 3). It
 * does not retry: whoever waits for an outage probes.
 */
export const createRegistryClient = (options: RegistryClientOptions): SchemaSource => {
  const { timeoutMs = 2_000, answerBytesMax = 2_097_152 } = options
  const url = new URL(options.url)
  const credentials = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : ''
  url.username = ''
  url.password = ''
  const root = url.href.replace(/\/$/, '')
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    'content-type': 'application/vnd.schemaregistry.v1+json',
    ...(credentials && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  }

  const ask = async (path: string, body?: string): Promise<Answer> => {
    const method = body === undefined ? 'GET' : 'POST'
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(root + path, { method, headers, signal, ...(body !== undefined && { body }) })
      return { status: response.status, body: parseJson(await readBounded(response, answerBytesMax)) }
    } catch (cause) {
      throw unavailable(`did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { path }, cause)
    }
  }

  return {
    async schemaText(id) {
      const path = `/schemas/ids/${id}`
      const answer = await ask(path)
      if (isAbsent(answer)) {
        throw new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', `the registry has no schema ${id}`, {
          class: 'contract',
          facts: { schemaId: id },
        })
      }
      const text = fieldOf(answer.body, 'schema')
      if (answer.status !== 200 || typeof text !== 'string') throw outageOf(answer, path)
      const kind = fieldOf(answer.body, 'schemaType') ?? 'AVRO'
      if (kind !== 'AVRO') {
        throw new InterchangeError('ICX_AVRO_SCHEMA_UNUSABLE', `schema ${id} is ${String(kind)}, not Avro`, {
          class: 'contract',
          facts: { schemaId: id, schemaType: String(kind) },
        })
      }
      return text
    },

    async idOf(subject, text) {
      const path = `/subjects/${encodeURIComponent(subject)}`
      const answer = await ask(path, JSON.stringify({ schema: text }))
      if (isAbsent(answer)) {
        throw new InterchangeError(
          'ICX_REGISTRY_NOT_REGISTERED',
          `subject ${subject} does not hold the schema of this release: run \`ix schemas register\``,
          { class: 'fatal', facts: { subject } },
        )
      }
      const id = fieldOf(answer.body, 'id')
      if (answer.status !== 200 || typeof id !== 'number' || !Number.isInteger(id) || id <= 0)
        throw outageOf(answer, path)
      return id
    },
  }
}
