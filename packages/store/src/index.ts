export {
  createDatabase,
  type Database,
  type DatabaseOptions,
  type Queryable,
  type Transaction,
} from './database.ts'
export { createEffectStore, type EffectStoreOptions, inboxId } from './effect-store.ts'
export { migrate } from './migrate.ts'
