// Reaches `a` and `b` in turn, three times, and notes each; its `finally` would note as well.
import { openHistory } from '../history/history.ts'
import { createCrashPoints, readCrashPoint } from './crash-points.ts'

const [folder = '', crashAt] = process.argv.slice(2)
const history = openHistory(folder, 'victim')
const reach = createCrashPoints(readCrashPoint(crashAt), history)
try {
  for (let round = 1; round <= 3; round++) {
    for (const point of ['a', 'b']) {
      reach(point)
      history.note({ op: 'process', phase: 'ready', detail: `${point}${round}` })
    }
  }
} finally {
  history.note({ op: 'process', phase: 'ended', detail: '' })
}
