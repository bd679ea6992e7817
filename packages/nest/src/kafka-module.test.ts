import { readConfig, storeConfig } from '@interchange/config'
import { privacyErasureRequested, shopErasureRequested, timestampMillis } from '@interchange/contracts'
import {
  type EffectStore,
  effectRoute,
  type HandlerContext,
  type Outgoing,
  outgoing,
  type Publisher,
  type SettleEntry,
} from '@interchange/messaging'
import { createMemoryTransport } from '@interchange/messaging/memory'
import { createDatabase } from '@interchange/store'
import { activeCorrelationId } from '@interchange/telemetry'
import { Controller, Inject, Injectable, Module, Post } from '@nestjs/common'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestApplication, type TestApplication, type TestApplicationOptions } from './application.fixture.ts'
import { Consume, GroupStore, PUBLISHER, Subscription } from './index.ts'

type ShopErasure = Parameters<(typeof shopErasureRequested)['keyOf']>[0]

const request = (customerId: string): ShopErasure => ({
  customerId,
  shopId: '1',
  shopDomain: 'a.example',
  email: null,
  phone: null,
  ordersToRedact: [],
  receivedAt: timestampMillis(0),
})

const slow = { begin: (): void => undefined, end: Promise.resolve() }

const STORE = Symbol('store')
const settled: SettleEntry<string>[] = []
const memoryStore: EffectStore<string> = {
  async settle(_group, entries) {
    settled.push(...entries)
    return entries.map(() => 'done')
  },
}

@Injectable()
class Translator {
  readonly prefix = 'shop-'

  @Consume(shopErasureRequested, { group: 'transformer' })
  translate(value: ShopErasure, context: HandlerContext): Outgoing {
    return outgoing(privacyErasureRequested, {
      customerId: `${this.prefix}${value.customerId}`,
      requestedAt: timestampMillis(context.timeMs),
    })
  }
}

@Injectable()
class Forgetter {
  @Consume(privacyErasureRequested, { group: 'notifications', store: STORE })
  forget(value: { customerId: string }): string {
    return `forget ${value.customerId}`
  }
}

@Controller()
class Intake {
  readonly #publisher: Publisher

  constructor(@Inject(PUBLISHER) publisher: Publisher) {
    this.#publisher = publisher
  }

  @Post('slow-erasures')
  async postSlowly(): Promise<void> {
    slow.begin()
    await slow.end
    await this.#publisher.publish(shopErasureRequested, request('slow'))
  }

  @Post('erasures')
  async post(): Promise<unknown> {
    const { messageId, correlationId } = await this.#publisher.publish(shopErasureRequested, request('7'))
    return { messageId, correlationId, active: activeCorrelationId() }
  }
}

@Module({
  controllers: [Intake],
  providers: [Translator, Forgetter, { provide: STORE, useValue: memoryStore }],
})
class ErasureModule {}

const start = async (options: Partial<TestApplicationOptions> = {}): Promise<TestApplication> => {
  const started = await startTestApplication({
    module: ErasureModule,
    publishes: [shopErasureRequested, privacyErasureRequested],
    ...options,
  })
  onTestFinished(() => started.app.close())
  return started
}
const get = async ({ app }: TestApplication, path: string) => app.inject({ method: 'GET', url: path })
const ready = async (running: TestApplication): Promise<void> => {
  await vi.waitFor(async () => expect((await get(running, '/health/ready')).statusCode).toBe(200), { timeout: 10_000 })
}

test('a request is published, translated by one group and taken in by another, in one conversation', async () => {
  settled.length = 0
  const running = await start()
  await ready(running)
  const answer = await running.app.inject({
    method: 'POST',
    url: '/erasures',
    headers: { 'x-correlation-id': 'conversation-1' },
  })
  expect(answer.headers['x-correlation-id']).toBe('conversation-1')
  expect(answer.json()).toMatchObject({ correlationId: 'conversation-1', active: 'conversation-1' })
  await vi.waitFor(() => expect(settled.map(({ effects }) => effects)).toEqual([['forget shop-7']]), {
    timeout: 10_000,
  })
  const [record] = running.transport.records(privacyErasureRequested.name)
  expect(record?.headers.text('ce_correlationid')).toBe('conversation-1')
  expect(record?.headers.text('ce_causationid')).toBe(answer.json().messageId)
})

test('health says starting, then started and ready with each group', async () => {
  const transport = createMemoryTransport()
  const running = await start({ transport })
  expect((await get(running, '/health/live')).json()).toEqual({ status: 'ok' })
  await ready(running)
  expect((await get(running, '/health/started')).json()).toEqual({ status: 'started' })
  expect((await get(running, '/health/ready')).json()).toMatchObject({
    status: 'ok',
    groups: [
      { group: 'notifications', state: 'running' },
      { group: 'transformer', state: 'running' },
    ],
  })
})

test('routes written as literals are found as providers', async () => {
  settled.length = 0
  const literal = new Subscription([
    effectRoute({
      from: privacyErasureRequested,
      group: 'notifications',
      store: memoryStore,
      handle: (value) => `literal ${value.customerId}`,
    }),
  ])
  @Module({ providers: [{ provide: 'routes', useValue: literal }] })
  class LiteralModule {}
  const running = await start({ module: LiteralModule })
  await ready(running)
  const publisher = running.app.get<Publisher>(PUBLISHER)
  await publisher.publish(privacyErasureRequested, { customerId: '9', requestedAt: timestampMillis(0) })
  await vi.waitFor(() => expect(settled.flatMap(({ effects }) => effects)).toEqual(['literal 9']), { timeout: 10_000 })
})

test('topics that are not in the cluster stop the start, with the names and the remedy', async () => {
  await expect(start({ topicsApply: false })).rejects.toMatchObject({
    code: 'ICX_CATALOGUE_MISSING',
    failureClass: 'fatal',
    message:
      'Not in the cluster: shop.erasure-requested.v1, privacy.erasure-requested.v1; run `ix topics apply`, or start with TOPICS_APPLY=true.',
  })
})

test('another number of partitions than the catalogue says stops the start', async () => {
  const transport = createMemoryTransport()
  const admin = await transport.createAdmin()
  await admin.createTopics([{ name: shopErasureRequested.name, partitions: 3, replicationFactor: 1, configs: {} }])
  await expect(start({ transport })).rejects.toMatchObject({
    code: 'ICX_CATALOGUE_MISMATCH',
    message: expect.stringContaining('shop.erasure-requested.v1 has 3, the catalogue 6'),
  })
})

test("a group's dead-letter topic and replay lane are checked as well, and a failure ends the process", async () => {
  const transport = createMemoryTransport()
  const admin = await transport.createAdmin()
  await admin.createTopics([
    { name: 'shop.erasure-requested.v1.transformer.dlq', partitions: 1, replicationFactor: 1, configs: {} },
  ])
  const running = await start({ transport })
  await vi.waitFor(() => expect(running.fatal).toHaveLength(1))
  expect(running.fatal[0]).toMatchObject({ code: 'ICX_CATALOGUE_MISMATCH' })
  expect((await get(running, '/health/started')).statusCode).toBe(503)
  expect((await get(running, '/health/ready')).json()).toMatchObject({ status: 'failed' })
})

test('a subscription that cannot work is refused at start', async () => {
  class Unprovided {
    @Consume(privacyErasureRequested, { group: 'notifications', store: Symbol('nowhere') })
    handle(): string {
      return ''
    }
  }
  class Unlisted {
    @Consume(privacyErasureRequested, { group: 'ledger' })
    handle(): undefined {
      return undefined
    }
  }
  class Twice {
    @Consume(privacyErasureRequested, { group: 'notifications' })
    one(): undefined {
      return undefined
    }

    @Consume(privacyErasureRequested, { group: 'notifications' })
    two(): undefined {
      return undefined
    }
  }
  // Connects when it is first used, which is never.
  const database = createDatabase({ url: 'postgres://127.0.0.1:1/none', schema: 'none' })
  const kept = (group: string) => ({
    provide: Symbol(group),
    useValue: new GroupStore(group, database, readConfig({ store: storeConfig }, {}).store),
  })
  const two = [Forgetter, { provide: STORE, useValue: memoryStore }, kept('notifications'), kept('notifications')]
  for (const providers of [[Unprovided], [Unlisted], [Twice], [kept('nobody')], two]) {
    @Module({ providers })
    class Wrong {}
    await expect(start({ module: Wrong })).rejects.toThrow(
      /no EffectStore|does not list|two handlers|Nest could not find|has a store, and no handler|has two stores/,
    )
  }
})

test('a handler of other types than its topic does not compile', () => {
  class Wrong {
    // @ts-expect-error the topic carries an object
    @Consume(privacyErasureRequested, { group: 'notifications' })
    handle(value: number): undefined {
      return value === 0 ? undefined : undefined
    }

    // @ts-expect-error what it answers is neither published nor stored
    @Consume(privacyErasureRequested, { group: 'notifications' })
    answer(): string {
      return ''
    }
  }
  expect(Wrong.name).toBe('Wrong')
})

test('a request under way at shutdown is still published and answered, and no new one is taken', async () => {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  Object.assign(slow, { begin: begun.resolve, end: end.promise })
  const running = await start()
  await ready(running)
  const url = await running.app.getUrl()
  const answer = fetch(`${url}/slow-erasures`, { method: 'POST' })
  await begun.promise
  const closing = running.app.close()
  // Refused, or on a connection that was open already 503.
  const taken = (): Promise<boolean> =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  onTestFinished(() => end.resolve())
  await vi.waitFor(async () => expect(await taken()).toBe(false))
  end.resolve()
  expect((await answer).status).toBe(201)
  await closing
  expect(running.transport.records(shopErasureRequested.name)).toHaveLength(1)
})

test('closing the application stops groups before the publisher and leaves nothing running', async () => {
  const running = await start()
  await ready(running)
  await running.app.close()
  const closed = running.lines.filter(({ message }) => message === 'closed').map(({ fields }) => fields['step'])
  expect(closed).toEqual(['groups', 'groups', 'publisher'])
})
