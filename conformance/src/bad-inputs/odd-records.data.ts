import type { OddRecord } from './odd-record.ts'
import { oddSurroundings } from './odd-surroundings.data.ts'
import { oddValues } from './odd-values.data.ts'

/** Every odd record that is put on a topic, in the order of the inputs. */
export const oddRecords: readonly OddRecord[] = [...oddValues, ...oddSurroundings].toSorted((left, right) =>
  left.input < right.input ? -1 : Number(left.input > right.input),
)
