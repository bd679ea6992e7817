import type { SchemaReference } from '@interchange/messaging'
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
 * Registers every version, oldest first, and sets each new subject's compatibility; for a deployment, not for a
 * service. Safe to repeat. Rejects with the registry library's error, for example when a subject has another
 * compatibility or the registry refuses a version.
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
    for (const { subject, version, text } of versions) {
      const options = { subject, compatibility: byName[compatibility] }
      const { id } = await registry.register({ type: SchemaType.AVRO, schema: text }, options)
      registered.push({ subject, version, id })
    }
  }
  return registered
}
