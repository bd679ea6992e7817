import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startHttpFront } from './http-front.ts'

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server that says what it was asked, and a front before it. */
const ground = async () => {
  const server = createServer((incoming, answer) => {
    incoming.setEncoding('utf8')
    let body = ''
    incoming.on('data', (text: string) => {
      body += text
    })
    incoming.on('end', () =>
      answer.writeHead(201, { 'x-own': 'yes' }).end(`${incoming.method} ${incoming.url} ${body}`),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const front = await startHttpFront({ target: `127.0.0.1:${(server.address() as AddressInfo).port}` })
  closing.push(
    () => front.stop(),
    () => {
      server.closeAllConnections()
      server.close()
    },
  )
  const ask = (path: string, more: RequestInit = {}) => fetch(`http://${front.address}${path}`, more)
  return { front, server, ask }
}

test('a front carries requests and answers, and knows who asked what', async () => {
  const { front, ask } = await ground()
  const answer = await ask('/a?b=1', { method: 'POST', body: 'text' })
  expect([answer.status, answer.headers.get('x-own'), await answer.text()]).toEqual([201, 'yes', 'POST /a?b=1 text'])
  expect(front.asked()).toMatchObject([{ path: '/a?b=1', status: 201 }])
})

test('a status and a page are answered instead of the server, are counted, and end with their removal', async () => {
  const { front, ask } = await ground()
  const status = front.behave({ kind: 'status', status: 429 })
  expect((await ask('/')).status).toBe(429)
  await status.remove()
  const page = front.behave({ kind: 'page' })
  const answer = await ask('/')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html'])
  await page.remove()
  expect([status.effects(), page.effects()]).toEqual([1, 1])
  expect((await ask('/')).status).toBe(201)
})

test('a drip begins to answer and never ends, silence never begins, and both are cut off in the end', async () => {
  const { front, ask } = await ground()
  const drip = front.behave({ kind: 'drip', everyMs: 5 })
  const answer = await ask('/')
  const reader = answer.body?.getReader()
  for (let read = 0; read < 3; read++) expect((await reader?.read())?.value).toHaveLength(1)
  const cut = expect(async () => {
    while ((await reader?.read())?.done === false);
  }).rejects.toThrow()
  await drip.remove()
  await cut

  const silence = front.behave({ kind: 'silence' })
  const unanswered = expect(ask('/')).rejects.toThrow()
  await expect.poll(() => silence.effects(), { timeout: 10_000 }).toBe(1)
  await silence.remove()
  await unanswered
})

test('a front whose server is down is down itself; one without a server answers nothing but 200', async () => {
  const { server, ask } = await ground()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(ask('/')).rejects.toThrow()
  const alone = await startHttpFront({})
  closing.push(() => alone.stop())
  const answer = await fetch(`http://${alone.address}/v1/traces`, { method: 'POST', body: 'spans' })
  expect([answer.status, await answer.text()]).toEqual([200, ''])
})
