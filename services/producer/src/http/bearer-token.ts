import { createHash, timingSafeEqual } from 'node:crypto'
import { ProblemError } from './problem.ts'

/** A token that may send imports, known by its hash alone. */
export interface IngestToken {
  /** Under which it is limited and remembered; says nothing about the token. */
  readonly name: string
  readonly sha256: Buffer
}

/** Keeps of a token what is needed to recognise it. */
export const ingestToken = (token: string): IngestToken => {
  const hash = sha256(token)
  return { name: hash.toString('hex', 0, 6), sha256: hash }
}

/**
 * The name of the token in an `Authorization: Bearer` header. All tokens are compared, by their hashes, in constant time. Throws a
 * 401 problem.
 */
export const tokenNameOf = (tokens: readonly IngestToken[], authorization: string | undefined): string => {
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) throw unauthenticated('An Authorization header with a bearer token is required.')
  const hash = sha256(given)
  let name: string | undefined
  for (const each of tokens) if (timingSafeEqual(each.sha256, hash)) name = each.name
  if (name === undefined) throw unauthenticated('The bearer token is not known here.')
  return name
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

const unauthenticated = (detail: string): ProblemError => new ProblemError(401, 'ICX_HTTP_UNAUTHENTICATED', detail)
