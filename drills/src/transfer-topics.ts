import { deadLetterTopicName, replayLaneName } from '@interchange/messaging'
import { booksGroup, legTopicName, sides } from './load/leg.ts'
import type { Setting } from './setting.ts'

export const isTransfers = ({ work = 'effects' }: Setting): boolean => work !== 'effects'

/** The topics that a drill with transfers has beside the others'. */
export const transferTopics = (setting: Setting, topic: string): readonly string[] => {
  if (!isTransfers(setting)) return []
  const legs = sides.map((side) => legTopicName(topic, side))
  if (setting.books !== true) return legs
  const books = booksGroup(topic)
  return legs.flatMap((each) => [each, deadLetterTopicName(each, books), replayLaneName(each, books)])
}
