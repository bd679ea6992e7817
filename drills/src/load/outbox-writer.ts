// Writes steps into the outbox, each in a transaction of its own key's order, until it is told to end (SIGTERM).
import { openHistory } from '@interchange/drill-kit'
import { newEventId } from '@interchange/messaging'
import { createOutbox, outboxEvent } from '@interchange/store'
import { onTermination, openCodec, openDatabase, readGround, stepTopic } from './step.ts'

const [keys, perSecond] = process.argv.slice(2).map(Number) as [number, number]
const batch = 10

const ground = readGround(process.env)
const history = openHistory(ground.historyFolder, ground.proc)
const database = openDatabase(ground)
const topic = stepTopic(ground)
const outbox = createOutbox({ codec: openCodec(ground), service: { name: 'drill' } })

let written = 0
const writeBatch = async (): Promise<void> => {
  const steps = Array.from({ length: batch }, () => {
    const key = `k${written % keys}`
    const seq = Math.floor(written++ / keys) + 1
    return { key, seq, poison: false, id: newEventId(Date.now()) }
  })
  const note = (phase: 'invoke' | 'ok' | 'info'): void => {
    for (const { id, key, seq } of steps) history.note({ op: 'send', phase, id, key, seq })
  }
  note('invoke')
  const events = steps.map(({ id, ...value }) => outboxEvent({ topic, value, messageId: id, timeMs: Date.now() }))
  await database
    .transaction((tx) => outbox.write(tx, events))
    .catch((error: unknown) => {
      note('info')
      throw error
    })
  note('ok')
}

let running = true
const ended = (async () => {
  while (running) {
    await writeBatch()
    await new Promise((resolve) => setTimeout(resolve, (batch * 1_000) / perSecond))
  }
})()
onTermination(async () => {
  running = false
  await ended
  await database.close()
  history.note({ op: 'process', phase: 'ended', detail: `${written} written` })
})
history.note({ op: 'process', phase: 'ready', detail: '' })
