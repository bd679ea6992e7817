import type { HandlerContext, Route } from '../route.ts'

/** A route's handler, as the kernel calls it. */
export type Handle = (value: unknown, context: HandlerContext) => unknown

/** What is answered, always by a promise, for a replayed message that came too late to have an effect. */
export class Superseded {
  readonly by: string

  constructor(by: string) {
    this.by = by
  }
}

/** The route's handler, which a route with `supersededBy` asks only when that has let a replayed message pass. */
export const handlerOf = ({ handle, supersededBy }: Route): Handle => {
  if (supersededBy === undefined) return handle
  const replayed = async (value: unknown, context: HandlerContext): Promise<unknown> => {
    const by = await supersededBy(value, context)
    return by === undefined ? handle(value, context) : new Superseded(by)
  }
  return (value, context) => (context.replayId === undefined ? handle(value, context) : replayed(value, context))
}
