import { InterchangeError, type SchemaReference } from '@interchange/messaging'
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { Compatibility } from './compatibility.ts'

/** What one subject is to hold. */
export interface SubjectSchemas {
  readonly compatibility: Compatibility
  /** Oldest first, all of one subject. */
  readonly versions: readonly SchemaReference[]
}

/** A version that the registry holds now; registering it again gives the same id. */
export interface RegisteredSchema {
  readonly subject: string
  readonly version: number
  readonly id: number
}

const byName: Readonly<Record<Compatibility, COMPATIBILITY>> = {
  BACKWARD_TRANSITIVE: COMPATIBILITY.BACKWARD_TRANSITIVE,
  FULL_TRANSITIVE: COMPATIBILITY.FULL_TRANSITIVE,
}

/**
 * Registers every version, oldest first, and holds each subject to its compatibility; for a deployment, not for a
 * service. Safe to repeat. Rejects with the registry library's error when the registry refuses a version.
 */
export const registerSchemas = async (
  registryUrl: string,
  subjects: readonly SubjectSchemas[],
): Promise<readonly RegisteredSchema[]> => {
  const { username, password, href } = new URL(registryUrl)
  const host = href.replace(`${username}${password && `:${password}`}@`, '').replace(/\/$/, '')
  const auth = username && { auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }
  // No retry option: the library would write it into the defaults of every other client of the process.
  const registry = new SchemaRegistry({ host, ...auth })
  const registered: RegisteredSchema[] = []
  for (const { compatibility, versions } of subjects) {
    const [first] = versions
    if (first !== undefined) await setCompatibility(host, auth, first.subject, compatibility)
    for (const { subject, version, text } of versions) {
      const options = { subject, compatibility: byName[compatibility] }
      const { id } = await registry.register({ type: SchemaType.AVRO, schema: text }, options)
      registered.push({ subject, version, id })
    }
  }
  return registered
}

/** The library refuses a subject whose setting differs from ours; who registers the contracts decides their policy. */
const setCompatibility = async (
  host: string,
  auth: { readonly auth: { readonly username: string; readonly password: string } } | '',
  subject: string,
  compatibility: Compatibility,
): Promise<void> => {
  const login = auth === '' ? undefined : Buffer.from(`${auth.auth.username}:${auth.auth.password}`).toString('base64')
  const answer = await fetch(`${host}/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(login !== undefined && { authorization: `Basic ${login}` }),
    },
    body: JSON.stringify({ compatibility }),
    signal: AbortSignal.timeout(10_000),
  })
  await answer.body?.cancel()
  if (!answer.ok) {
    throw new InterchangeError(
      'ICX_REGISTRY_UNAVAILABLE',
      `the registry answered ${answer.status} to the policy of ${subject}`,
      {
        class: 'outage',
        facts: { status: answer.status, subject },
      },
    )
  }
}
