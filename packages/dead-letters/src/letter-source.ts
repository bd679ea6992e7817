import { topics as catalogueTopics } from '@interchange/contracts'
import { type AnyTopic, deadLetterTopicName, replayLaneName } from '@interchange/messaging'

/** Where the letters of one group on one topic lie, and the way back. Names come from here, never from parsing. */
export interface LetterSource {
  readonly group: string
  readonly topic: AnyTopic
  readonly deadLetterTopic: string
  readonly lane: string
}

/** One source for each group of each topic. Default: the whole catalogue. */
export const letterSources = (topics: readonly AnyTopic[] = catalogueTopics): readonly LetterSource[] =>
  topics.flatMap((topic) =>
    topic.groups.map((group) => ({
      group,
      topic,
      deadLetterTopic: deadLetterTopicName(topic.name, group),
      lane: replayLaneName(topic.name, group),
    })),
  )
