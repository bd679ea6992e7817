// NestJS Kafka transport, an event handler with its default JSON.
import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { EventPattern, Payload, Transport } from '@nestjs/microservices'
import { measurePasses, runArm } from '../../bench/dist/kernel/meter.js'

await runArm((input) =>
  measurePasses(input, async (groupId, meter) => {
    class Orders {
      placed({ number, totalMinor, quantity, shipTo }) {
        meter.order(number, totalMinor, quantity, shipTo.zone)
      }
    }
    // What the decorators of a TypeScript program do.
    Controller()(Orders)
    Payload()(Orders.prototype, 'placed', 0)
    EventPattern(input.topic)(Orders.prototype, 'placed', Object.getOwnPropertyDescriptor(Orders.prototype, 'placed'))
    class Application {}
    Module({ controllers: [Orders] })(Application)
    const application = await NestFactory.createMicroservice(Application, {
      logger: ['error'],
      transport: Transport.KAFKA,
      options: {
        client: { clientId: 'bench', brokers: input.brokers.split(','), logLevel: 1 },
        postfixId: '',
        consumer: { groupId },
        subscribe: { fromBeginning: true },
      },
    })
    await application.listen()
    await meter.done
    await application.close()
  }),
)
