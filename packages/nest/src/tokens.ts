/** What `@Inject(...)` takes. Symbols, because nothing here relies on emitted type metadata. */
export const CONFIG: unique symbol = Symbol('interchange config')
export const LOGGER: unique symbol = Symbol('interchange logger')
export const TELEMETRY: unique symbol = Symbol('interchange telemetry')
export const LIFETIMES: unique symbol = Symbol('interchange lifetimes')
export const KAFKA: unique symbol = Symbol('interchange kafka')
export const TRANSPORT: unique symbol = Symbol('interchange transport')
export const CODEC: unique symbol = Symbol('interchange codec')
export const PUBLISHER: unique symbol = Symbol('interchange publisher')
