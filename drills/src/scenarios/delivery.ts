import type { Invariant } from '@interchange/drill-kit'
import type { Load } from '../setting.ts'

/** What most drills write. */
export const load: Load = { by: 'publisher', keys: 40, perSecond: 200 }

/** What holds of every message, whatever happens to those who carry it. */
export const delivery: readonly Invariant[] = ['V1', 'V2', 'V6', 'V7', 'V8', 'V9', 'V10', 'V12', 'V13', 'V14', 'V17']
