/** What `@Inject(...)` takes in this service. */
export const DATABASE: unique symbol = Symbol('producer database')
export const PRODUCER: unique symbol = Symbol('producer')
