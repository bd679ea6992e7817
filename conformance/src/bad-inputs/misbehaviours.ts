/** What a handler can do wrong, by the words that a parcel's note asks for it with. */
export const misbehaviours = {
  'throws a TypeError': () => {
    throw new TypeError('not a function')
  },
  'throws a string': () => {
    throw 'a text'
  },
  'throws undefined': () => {
    throw undefined
  },
  'throws a frozen error': () => {
    throw Object.freeze(new Error('frozen'))
  },
  'throws an error that is its own cause': () => {
    const error = new Error('circular')
    error.cause = error
    throw error
  },
  'throws what throws when it is looked at': () => {
    throw Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('looked at')
      },
    })
  },
  'never settles': () => new Promise<undefined>(() => undefined),
  /** Not a promise, which could not: anything with a `then`. */
  'answers twice': <Effect>(effect: Effect) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable that breaks its rules is the case.
    then(resolve: (value: Effect) => void) {
      resolve(effect)
      resolve(effect)
    },
  }),
} as const satisfies Readonly<Record<string, (effect: unknown) => unknown>>
