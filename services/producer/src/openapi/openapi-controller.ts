import { Controller, Get } from '@nestjs/common'
import { openapiDocument } from './openapi-document.ts'

/** The contract of this service's HTTP side. */
@Controller()
export class OpenapiController {
  @Get('openapi.json')
  document(): object {
    return openapiDocument
  }
}
