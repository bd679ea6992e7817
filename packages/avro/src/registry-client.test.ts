import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createRegistryClient } from './registry-client.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
}

const answering =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body)

const failing = (code: string, failureClass: string) => expect.objectContaining({ code, failureClass })
const outage = failing('ICX_REGISTRY_UNAVAILABLE', 'outage')

describe('createRegistryClient', () => {
  it('brings the text under an id', async () => {
    const url = await serve((request, response) => response.end(JSON.stringify({ schema: request.url })))
    await expect(createRegistryClient({ url }).schemaText(7)).resolves.toBe('/api/schemas/ids/7')
  })

  it('sends user and password of its address as a header', async () => {
    const url = await serve((request, response) =>
      response.end(JSON.stringify({ schema: request.headers.authorization ?? 'none' })),
    )
    const withUser = url.replace('http://', 'http://us%40er:pass%3A@')
    const expected = `Basic ${Buffer.from('us@er:pass:').toString('base64')}`
    await expect(createRegistryClient({ url: withUser }).schemaText(7)).resolves.toBe(expected)
  })

  it.each([
    ['status 408', 408, '{}'],
    ['status 425', 425, '{}'],
    ['status 429', 429, '{}'],
    ['status 500', 500, '{"error_code":40403}'],
    ['status 500 with the body of a good answer', 500, '{"schema":"x","id":1}'],
    ['status 503', 503, 'down'],
    ['a 404 with a code of its own', 404, '{"error_code":40499}'],
    ['status 401: our credentials', 401, '{}'],
    ['status 403: our rights', 403, '{}'],
    ['status 400, which the registry library reports for a dead registry', 400, '{}'],
    ['a 404 that is not the registry speaking', 404, '<html>no such page</html>'],
    ['a 404 of another path', 404, '{"status":404}'],
    ['a login page instead of an answer', 200, '<html>please log in</html>'],
    ['JSON that is no answer', 200, '[]'],
    ['an answer without a text', 200, '{"schema":5}'],
  ])('takes %s as an outage, never as a poisoned message', async (_what, status, body) => {
    const client = createRegistryClient({ url: await serve(answering(status, body)) })
    await expect(client.schemaText(7)).rejects.toThrow(outage)
    await expect(client.idOf('s', '"string"')).rejects.toThrow(outage)
  })

  it('takes an unreachable registry as an outage', async () => {
    const url = await serve(answering(200, '{}'))
    for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
    await expect(createRegistryClient({ url }).schemaText(7)).rejects.toThrow(outage)
  })

  it('takes a silent registry as an outage after its timeout', async () => {
    const url = await serve(() => undefined)
    await expect(createRegistryClient({ url, timeoutMs: 50 }).schemaText(7)).rejects.toThrow(outage)
  })

  it('takes a registry that stops in mid-answer as an outage after its timeout', async () => {
    const url = await serve((_request, response) => response.write('{"schema":'))
    await expect(createRegistryClient({ url, timeoutMs: 50 }).schemaText(7)).rejects.toThrow(outage)
  })

  it('takes an endless answer as an outage', async () => {
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536, 0x20)
      const pump = (): void => {
        while (response.write(chunk));
        response.once('drain', pump)
      }
      pump()
    })
    await expect(createRegistryClient({ url, answerBytesMax: 100_000 }).schemaText(7)).rejects.toThrow(
      expect.objectContaining({ failureClass: 'outage', message: expect.stringContaining('more than 100000 bytes') }),
    )
  })

  it('takes a 404 of the registry itself as an unknown schema', async () => {
    const url = await serve(answering(404, '{"error_code":40403,"message":"Schema 7 not found."}'))
    await expect(createRegistryClient({ url }).schemaText(7)).rejects.toThrow(
      failing('ICX_AVRO_SCHEMA_UNKNOWN', 'contract'),
    )
  })

  it.each(['JSON', 'PROTOBUF'])('refuses a %s schema', async (schemaType) => {
    const url = await serve(answering(200, JSON.stringify({ schema: '{}', schemaType })))
    await expect(createRegistryClient({ url }).schemaText(7)).rejects.toThrow(
      failing('ICX_AVRO_SCHEMA_UNUSABLE', 'contract'),
    )
  })

  it.each([40401, 40403])('says what to do when a schema of ours is not registered (%s)', async (code) => {
    const url = await serve(answering(404, JSON.stringify({ error_code: code })))
    const lookup = createRegistryClient({ url }).idOf('a.b.v1-value', '"string"')
    await expect(lookup).rejects.toThrow(failing('ICX_REGISTRY_NOT_REGISTERED', 'fatal'))
    await expect(lookup).rejects.toThrow(/a\.b\.v1-value.*ix schemas register/)
  })
})
