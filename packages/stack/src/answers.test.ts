import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { kafkaAnswers, portAnswers, postgresAnswers } from './answers.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that says `answer` to whatever comes first. */
const serverSaying = async (answer: Buffer | null): Promise<number> => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (answer === null ? socket.end() : socket.write(answer)))
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const int32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4)
  return bytes
}

it('takes a broker that knows of a broker, not one whose cluster is still empty', async () => {
  expect(await kafkaAnswers('127.0.0.1', await serverSaying(int32(8, 1, 1)))).toBe(true)
  expect(await kafkaAnswers('127.0.0.1', await serverSaying(int32(8, 1, 0)))).toBe(false)
})

it('takes no other server for a broker', async () => {
  expect(await kafkaAnswers('127.0.0.1', await serverSaying(Buffer.from('HTTP/1.1 400 Bad Request\r\n')))).toBe(false)
  expect(await kafkaAnswers('127.0.0.1', await serverSaying(null))).toBe(false)
})

it('takes a Postgres that asks for a password, not one that is starting up', async () => {
  const asks = Buffer.concat([Buffer.from('R'), int32(8, 3)])
  const starting = Buffer.concat([Buffer.from('E'), int32(4)])
  expect(await postgresAnswers('127.0.0.1', await serverSaying(asks))).toBe(true)
  expect(await postgresAnswers('127.0.0.1', await serverSaying(starting))).toBe(false)
})

it('finds nobody behind a closed port', async () => {
  const port = await serverSaying(null)
  expect(await portAnswers('127.0.0.1', port)).toBe(true)
  await new Promise((resolve) => servers.pop()?.close(resolve))
  expect(await portAnswers('127.0.0.1', port)).toBe(false)
  expect(await kafkaAnswers('127.0.0.1', port)).toBe(false)
})
