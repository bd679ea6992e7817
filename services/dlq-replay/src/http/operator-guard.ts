import { createHash, timingSafeEqual } from 'node:crypto'
import { type CanActivate, type ExecutionContext, Inject, UnauthorizedException } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

export const OPERATOR_TOKEN: unique symbol = Symbol('operator token')

/** Lets in who carries the operators' token. Hashes are compared, so that neither time nor length tells how close a guess was. */
export class OperatorGuard implements CanActivate {
  readonly #expected: Buffer

  constructor(@Inject(OPERATOR_TOKEN) token: string) {
    this.#expected = hash(`Bearer ${token}`)
  }

  canActivate(context: ExecutionContext): boolean {
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers
    if (authorization !== undefined && timingSafeEqual(hash(authorization), this.#expected)) return true
    throw new UnauthorizedException('Send the operators token: Authorization: Bearer <token>.')
  }
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
