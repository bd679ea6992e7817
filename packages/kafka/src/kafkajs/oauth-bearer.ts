import type { Mechanism } from 'kafkajs'

/**
 * OAUTHBEARER by kafkajs' extension point: its own takes a refusal for a success, since the broker says no in the bytes of
 * an answer without an error code (RFC 7628, 3.2.2), and everything after fails as if the broker had gone away.
 */
export const oauthBearer = (token: () => Promise<string>): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ host, port, saslAuthenticate }) => ({
    async authenticate() {
      const initial = Buffer.from(`n,,\u0001auth=Bearer ${await token()}\u0001\u0001`)
      await saslAuthenticate({
        request: { encode: () => withSize(initial) },
        response: {
          decode: (bytes) => bytes,
          parse(bytes) {
            if (bytes.length < 4 || bytes.readInt32BE(0) <= 0) return
            throw Object.assign(new Error(`${host}:${port} does not take the token`), {
              type: 'SASL_AUTHENTICATION_FAILED',
              retriable: false,
            })
          },
        },
      })
    },
  }),
})

const withSize = (bytes: Buffer): Buffer => {
  const sized = Buffer.alloc(4 + bytes.length)
  sized.writeInt32BE(bytes.length)
  bytes.copy(sized, 4)
  return sized
}
