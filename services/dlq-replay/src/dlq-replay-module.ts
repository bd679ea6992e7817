import { deliveryOutcome, replayAudit } from '@interchange/contracts'
import { createLetterBook, letterSources } from '@interchange/dead-letters'
import { type Codec, type Logger, type Publisher, systemClock, type Transport } from '@interchange/messaging'
import { CODEC, LIFETIMES, type Lifetimes, LOGGER, PUBLISHER, type ServiceConfig, TRANSPORT } from '@interchange/nest'
import { type DynamicModule, Module } from '@nestjs/common'
import { deskConfig } from './config.ts'
import { followTopics } from './desk/follow-topics.ts'
import { createReplayDesk, type ReplayDesk } from './desk/replay-desk.ts'
import { DESK, DeskController } from './http/desk-controller.ts'
import { OPERATOR_TOKEN, OperatorGuard } from './http/operator-guard.ts'

export const dlqReplayConfig = { desk: deskConfig } as const

@Module({})
class DlqReplayModule {}

export const dlqReplayModule = ({ desk }: ServiceConfig<typeof dlqReplayConfig>): DynamicModule => ({
  module: DlqReplayModule,
  controllers: [DeskController],
  providers: [
    OperatorGuard,
    { provide: OPERATOR_TOKEN, useValue: desk.operatorToken },
    {
      provide: DESK,
      inject: [TRANSPORT, CODEC, PUBLISHER, LOGGER, LIFETIMES],
      useFactory: (
        transport: Transport,
        codec: Codec,
        publisher: Publisher,
        logger: Logger,
        lifetimes: Lifetimes,
      ): Promise<ReplayDesk> =>
        openDesk({ transport, codec, publisher, logger, lifetimes, lettersMax: desk.lettersMax }),
    },
  ],
})

interface DeskParts {
  readonly transport: Transport
  readonly codec: Codec
  readonly publisher: Publisher
  readonly logger: Logger
  readonly lifetimes: Lifetimes
  readonly lettersMax: number
}

/** Resolves when the index is complete: before that HTTP does not listen, so that nobody reads half a list. */
const openDesk = async ({ lifetimes, lettersMax, ...parts }: DeskParts): Promise<ReplayDesk> => {
  const { transport, codec, logger } = parts
  const book = createLetterBook({ lettersMax })
  await codec.prepare([deliveryOutcome, replayAudit])
  const reading = { transport, codec, sources: letterSources(), book }
  const follower = followTopics({ reading, clock: systemClock, logger })
  lifetimes.add('groups', 'dead-letter index', () => follower.stop())
  await follower.caughtUp
  const desk = createReplayDesk({ ...parts, book, clock: systemClock })
  lifetimes.add('groups', 'replays', () => desk.stop())
  logger.info({ ...book.size() }, 'the dead-letter index is complete')
  return desk
}
