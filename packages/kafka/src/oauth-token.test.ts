import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTokens, type TokenSource } from './oauth-token.ts'

const client = { clientId: 'a client', clientSecret: 'hunter2:&' }
let server: Server
let endpoint: string
let requests: { headers: IncomingMessage['headers']; body: string }[]
let answer: { status: number; body: string }

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests.push({ headers: request.headers, body: String(Buffer.concat(chunks)) })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterAll(() => server.close())
beforeEach(() => {
  requests = []
  answer = { status: 200, body: '{"access_token":"token-1","token_type":"Bearer","expires_in":300}' }
})

const tokensFrom = (more: Partial<TokenSource> = {}) => createTokens({ url: endpoint, ...client, ...more })

test('a client names itself to the endpoint and asks for its scope', async () => {
  expect(await tokensFrom({ scope: 'kafka' })()).toBe('token-1')
  expect(requests.map(({ body }) => body)).toEqual(['grant_type=client_credentials&scope=kafka'])
  const login = Buffer.from('a%20client:hunter2%3A%26').toString('base64')
  expect(requests[0]?.headers.authorization).toBe(`Basic ${login}`)
})

test('a token is asked for once while it is fresh, however many want it', async () => {
  const tokens = tokensFrom()
  expect(await Promise.all([tokens(), tokens(), tokens()])).toEqual(['token-1', 'token-1', 'token-1'])
  expect(await tokens()).toBe('token-1')
  expect(requests).toHaveLength(1)
})

test('a token without a word about its life is used once', async () => {
  answer = { status: 200, body: '{"access_token":"token-1"}' }
  const tokens = tokensFrom()
  await tokens()
  answer = { status: 200, body: '{"access_token":"token-2"}' }
  expect(await tokens()).toBe('token-2')
})

const refused = { code: 'ICX_KAFKA_REFUSED', failureClass: 'fatal' }
const outage = { code: 'ICX_KAFKA_UNAVAILABLE', failureClass: 'outage' }

test.each([
  { what: 'of an unknown client', status: 401, body: '{"error":"invalid_client","hint":"hunter2:&"}', end: refused },
  { what: 'of a bad request that is no JSON', status: 400, body: 'hunter2:&', end: refused },
  { what: 'of a fault', status: 500, body: 'hunter2:&', end: outage },
  { what: 'without a token', status: 200, body: '{"token":"hunter2:&"}', end: outage },
  { what: 'without an end', status: 200, body: `{"access_token":"x","_":"${'x'.repeat(2_000_000)}"}`, end: outage },
  { what: 'that leads elsewhere', status: 302, body: '', end: outage },
])('an answer $what is $end.failureClass, and says no secret', async ({ status, body, end }) => {
  answer = { status, body }
  const error = await tokensFrom()().catch((reason: unknown) => reason)
  expect(error).toMatchObject(end)
  expect(JSON.stringify(error, Object.getOwnPropertyNames(Object(error)))).not.toContain('hunter2')
})

test('an endpoint that is silent or away is an outage, and asked again', async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  const tokens = tokensFrom({ url, timeoutMs: 100 })
  await expect(tokens()).rejects.toMatchObject(outage)
  silent.closeAllConnections()
  await new Promise((resolve) => silent.close(resolve))
  await expect(tokens()).rejects.toMatchObject(outage)
})

test('a token in a file is read at each login', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ix-token-')), 'token')
  const tokens = tokensFrom({ url: pathToFileURL(file).href })
  await expect(tokens()).rejects.toMatchObject({ code: 'ICX_KAFKA_UNAVAILABLE' })
  writeFileSync(file, 'first\n')
  expect(await tokens()).toBe('first')
  writeFileSync(file, 'second\n')
  expect(await tokens()).toBe('second')
})
