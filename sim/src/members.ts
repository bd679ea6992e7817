import { type ConsumerGroupOptions, noMetrics, noTracing, silentLogger } from '@interchange/messaging'
import { itemCodec } from './item.ts'
import { groupOfDerived, groupOfSource } from './plan.ts'
import { ledgerRoute, postingRoute } from './routes.ts'
import type { Member, Role, Scene } from './scene.ts'
import { createWire } from './wire.ts'

/** Starts a member as a process of its own; `over` is called when it did not start or its group ended by itself. */
export const startMember = (scene: Scene, role: Role, name: string, over: (member: Member) => void): Member => {
  const { kernel, world, plan, broker, dice, note } = scene
  const process = world.spawn(name, dice.between(-plan.skewMsMax, plan.skewMsMax))
  const wire = createWire({ kernel, broker, dice, process, note })
  const member: Member = { role, process, wire, group: undefined }
  const start = async (): Promise<void> => {
    try {
      member.group = await kernel.createConsumerGroup(await groupOptions(scene, member, over))
      note({ kind: 'process', process: name, phase: 'started' })
    } catch {
      note({ kind: 'process', process: name, phase: 'failed' })
      over(member)
    }
  }
  process.post(dice.between(0, 20), () => void start())
  return member
}

const groupOptions = async (
  scene: Scene,
  member: Member,
  over: (member: Member) => void,
): Promise<ConsumerGroupOptions> => {
  const { kernel, world, plan, note, registry } = scene
  const { process, wire, role } = member
  const ambient = {
    transport: wire.transport,
    codec: itemCodec(kernel, (schemaId) => registry.ask(process, schemaId)),
    service: { name: role, version: '1' },
    clock: process.clock,
    random: world.random,
    metrics: noMetrics,
    tracing: noTracing,
  }
  const publisher =
    role === 'ledger'
      ? undefined
      : await kernel.createPublisher({ ...ambient, limits: { retryBackoffMs: 20, retryBackoffMsMax: 200 } })
  return {
    ...ambient,
    group: role === 'posting' ? groupOfSource : groupOfDerived,
    routes: [role === 'posting' ? postingRoute(scene, member) : ledgerRoute(scene, member)],
    publisher,
    logger: silentLogger,
    reportOutcome: (report) => reportTo(scene, member, report),
    limits: {
      partitionRecordsMax: plan.windowRecords,
      ...(plan.room !== undefined && {
        waitingKeyBytesMax: plan.room.keyBytesMax,
        waitingPartitionBytesMax: plan.room.partitionBytesMax,
      }),
      sessionTimeoutMs: 1_000,
      commitIntervalMs: 40,
      heldKeysCheckMs: 50,
      // Copies of one hopeless message are no outage, though they fail in a row with one cause.
      outageAfterMessages: 1_000,
      outageBackoffMs: 20,
      outageBackoffMsMax: 200,
      floodLetters: { inARow: plan.floodInARow, ratio: 0.5, window: 20 },
      floodPauseMs: 50,
      floodPauseMsMax: 300,
      noProgressMsMax: 20_000,
      revokeDrainMsMax,
      rebalanceTimeoutMs: 1_000,
    },
    onEnded(error) {
      note({ kind: 'ended', process: process.name, code: error.code })
      over(member)
    },
  }
}

export const revokeDrainMsMax = 300

/** Whoever keeps the dead letters: takes its time, and is not always there. */
const reportTo = (
  { dice, note, kernel }: Scene,
  { process }: Member,
  { messageId: id, outcome, topic, replayId, attempts }: Parameters<ConsumerGroupOptions['reportOutcome']>[0],
): Promise<void> =>
  new Promise((resolve, reject) => {
    process.post(dice.between(0, 30), () => {
      if (dice.happens('drop', 0.1)) {
        note({ kind: 'fault', fault: 'drop', process: process.name, detail: `an outcome report: ${id}` })
        reject(new kernel.InterchangeError('ICX_KAFKA_UNAVAILABLE', 'nobody took it', { class: 'outage' }))
        return
      }
      note({ kind: 'outcome', process: process.name, id, outcome, topic, replayId, attempts })
      resolve()
    })
  })
