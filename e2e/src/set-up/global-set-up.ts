export const setup = async (): Promise<void> => {
  process.stderr.write(`integration tests run against ${process.env['KAFKA_BROKERS']}\n`)
}
