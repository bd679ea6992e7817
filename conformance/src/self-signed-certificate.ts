import { generateKeyPairSync, sign } from 'node:crypto'

/** DER tags (X.690). */
const tags = { integer: 2, bits: 3, oid: 6, utf8: 12, utcTime: 23, sequence: 0x30, set: 0x31, explicit0: 0xa0 } as const
const ecdsaWithSha256 = Buffer.from('2a8648ce3d040302', 'hex')
const commonName = Buffer.from('550403', 'hex')
const dayMs = 86_400_000

/** A key and a certificate of version 3 that vouches for itself (RFC 5280, 4.1), both in PEM: Node makes the first only. */
export const selfSignedCertificate = (name: string): { readonly certificate: string; readonly key: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(der(tags.oid, ecdsaWithSha256))
  const subject = sequence(der(tags.set, sequence(der(tags.oid, commonName), der(tags.utf8, Buffer.from(name)))))
  const validity = sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs))
  const version3 = der(tags.explicit0, der(tags.integer, Buffer.from([2])))
  const serial = der(tags.integer, Buffer.from([1]))
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
  const content = sequence(version3, serial, algorithm, subject, validity, subject, publicInfo)
  const signature = der(tags.bits, Buffer.from([0]), sign('sha256', content, privateKey))
  return {
    certificate: pem('CERTIFICATE', sequence(content, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** A tag, the length of what follows (below 65,536), and that. */
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : long)]), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(tags.sequence, ...parts)

/** `YYMMDDHHMMSSZ`. */
const utcTime = (timeMs: number): Buffer =>
  der(tags.utcTime, Buffer.from(`${new Date(timeMs).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`))

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END ${label}-----\n`
