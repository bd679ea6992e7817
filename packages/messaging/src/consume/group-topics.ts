import { replayLaneName, retryTopicName } from '../topic.ts'
import type { CompiledRoute } from './compiled-route.ts'

/** What a topic that the group reads is to it. */
export interface GroupTopic {
  readonly route: CompiledRoute
  readonly replayLane: boolean
  /** Which of the route's retry topics it is; 0 when it is none. */
  readonly retryLevel: number
}

/** Every topic that a group reads, by name: each route's own, its replay lane and its retry topics. */
export const groupTopics = (routes: ReadonlyMap<string, CompiledRoute>): ReadonlyMap<string, GroupTopic> =>
  new Map(
    [...routes].flatMap(([topic, route]): (readonly [string, GroupTopic])[] => [
      [topic, { route, replayLane: false, retryLevel: 0 }],
      [replayLaneName(topic, route.group), { route, replayLane: true, retryLevel: 0 }],
      ...route.retryDelaysMs.map((_delayMs, index): readonly [string, GroupTopic] => [
        retryTopicName(topic, route.group, index + 1),
        { route, replayLane: false, retryLevel: index + 1 },
      ]),
    ]),
  )
