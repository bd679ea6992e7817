import { connect } from 'node:net'
import { InterchangeError } from '@interchange/messaging'
import { Body, ConflictException, Controller, Get, Module, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApplication, type TestApplication } from './application.fixture.ts'

class Teapot extends Error {
  readonly retryAfterSeconds = 7

  problem() {
    return {
      type: 'urn:x',
      title: 'Teapot',
      status: 429,
      code: 'ICX_HTTP_RATE_LIMITED' as const,
      detail: 'short and stout',
    }
  }
}

@Controller()
class Errors {
  @Post('echo')
  echo(@Body() body: unknown, @Req() request: FastifyRequest & { rawBody?: Buffer }): unknown {
    return { body, raw: request.rawBody?.toString(), id: request.id }
  }

  @Get('bug')
  bug(): never {
    throw new TypeError('secret internals')
  }

  @Get('outage')
  outage(): never {
    throw new InterchangeError('ICX_PUBLISH_DEADLINE', 'broker 10.0.0.3 is gone', { class: 'outage' })
  }

  @Get('poison')
  poison(): never {
    throw new InterchangeError('ICX_AVRO_ENCODE', 'quantity is no integer', { class: 'poison' })
  }

  @Get('conflict')
  conflict(): never {
    throw new ConflictException('seen before')
  }

  @Get('teapot')
  teapot(): never {
    throw new Teapot()
  }
}

@Module({ controllers: [Errors] })
class HttpModule {}

let running: TestApplication
beforeAll(async () => {
  running = await startTestApplication({
    module: HttpModule,
    env: { HTTP_BODY_BYTES_MAX: '2048', HTTP_REQUEST_TIMEOUT_MS: '500' },
  })
})
afterAll(() => running.app.close())

const get = (url: string, headers: Record<string, string> = {}) => running.app.inject({ method: 'GET', url, headers })
const post = (payload: string, contentType = 'application/json') =>
  running.app.inject({ method: 'POST', url: '/echo', payload, headers: { 'content-type': contentType } })

test('a body arrives parsed and as the bytes that were sent', async () => {
  const answer = (await post('{ "a":1 }')).json()
  expect(answer).toMatchObject({ body: { a: 1 }, raw: '{ "a":1 }' })
})

test('every error is problem+json with a code, the path and the correlation id', async () => {
  const answer = await get('/conflict?token=secret', { 'x-correlation-id': 'c-1' })
  expect(answer.statusCode).toBe(409)
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(answer.json()).toEqual({
    type: 'urn:interchange:problem:ICX_HTTP_INVALID',
    title: 'Conflict',
    status: 409,
    detail: 'seen before',
    code: 'ICX_HTTP_INVALID',
    instance: '/conflict',
    correlationId: 'c-1',
  })
})

test('a fault of ours says nothing about itself to the client and everything to the log', async () => {
  const answer = await get('/bug')
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ status: 500, code: 'ICX_HTTP_INTERNAL' })
  expect(answer.body).not.toMatch(/secret|stack|TypeError/)
  expect(running.lines.at(-1)).toMatchObject({ message: 'request failed', fields: { error: { name: 'TypeError' } } })
})

test('an outage is 503 with Retry-After, a value that does not fit is 422, and an error may speak for itself', async () => {
  const outage = await get('/outage')
  expect([outage.statusCode, outage.headers['retry-after']]).toEqual([503, '5'])
  expect(outage.json()).toMatchObject({ code: 'ICX_PUBLISH_DEADLINE' })
  expect(outage.body).not.toContain('10.0.0.3')
  expect((await get('/poison')).json()).toMatchObject({ status: 422, detail: 'quantity is no integer' })
  const own = await get('/teapot')
  expect([own.statusCode, own.headers['retry-after']]).toEqual([429, '7'])
  expect(own.json()).toMatchObject({ title: 'Teapot', detail: 'short and stout' })
})

test.each([
  ['malformed JSON', '{"a":', 400, 'ICX_HTTP_MALFORMED'],
  ['a __proto__ key', '{"__proto__":{"admin":true}}', 400, 'ICX_HTTP_MALFORMED'],
  ['a constructor.prototype key', '{"constructor":{"prototype":{"admin":true}}}', 400, 'ICX_HTTP_MALFORMED'],
  ['nesting that is too deep', `${'['.repeat(40)}${']'.repeat(40)}`, 400, 'ICX_HTTP_MALFORMED'],
  ['a body that is too large', JSON.stringify('x'.repeat(3_000)), 413, 'ICX_HTTP_TOO_LARGE'],
])('%s is refused', async (_what, payload, status, code) => {
  const answer = await post(payload)
  expect(answer.json()).toMatchObject({ status, code })
  expect(answer.headers['x-correlation-id']).toBe(answer.json().correlationId)
})

test('the deepest nesting that is allowed goes through', async () => {
  expect((await post(`${'['.repeat(32)}${']'.repeat(32)}`)).statusCode).toBe(201)
})

test('an unknown address and an unknown content type are refused as problems', async () => {
  expect((await get('/nowhere')).json()).toMatchObject({ status: 404, code: 'ICX_HTTP_NOT_FOUND' })
  expect((await post('a,b', 'text/csv')).json()).toMatchObject({ status: 415, code: 'ICX_HTTP_MEDIA_TYPE' })
})

test('a correlation id that is no plain word is replaced, so that it cannot forge a log line or a header', async () => {
  const answer = await get('/conflict', { 'x-correlation-id': 'a b"}' })
  expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
})

test('a client that sends its body too slowly is cut off, and others are served meanwhile', async () => {
  const address = running.app.getHttpServer().address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const startedMs = performance.now()
  const socket = connect(address.port, '127.0.0.1')
  socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{')
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.resume()
  expect((await get('/health/live')).statusCode).toBe(200)
  await closed
  expect(performance.now() - startedMs).toBeLessThan(35_000)
})
