import type { Stage } from '../stage.ts'

/** Notes how many partitions were taken or given while this went on. */
export const countRebalances = async <Result>(stage: Stage, work: () => Promise<Result>): Promise<Result> => {
  const before = rebalances(stage)
  const result = await work()
  stage.history.note({ op: 'measured', figure: 'rebalances', value: rebalances(stage) - before })
  return result
}

const rebalances = ({ facts }: Stage): number =>
  facts().filter(({ op }) => op === 'revoked' || op === 'assigned').length
