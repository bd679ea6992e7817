/**
 * Every span, attribute and metric name that leaves this system, in one place: OpenTelemetry semantic conventions 1.45
 * (messaging and Kafka, status Development; HTTP, stable) and our own under `interchange.`.
 * `docs/reference/telemetry.md` lists the same set.
 */
export const spanNames = {
  send: (topic: string): string => `send ${topic}`,
  process: (topic: string): string => `process ${topic}`,
  httpServer: (method: string, route: string | undefined): string =>
    route === undefined ? method : `${method} ${route}`,
} as const

export const attributes = {
  messagingSystem: 'messaging.system',
  messagingOperationName: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingPartition: 'messaging.destination.partition.id',
  messagingGroup: 'messaging.consumer.group.name',
  messagingMessageId: 'messaging.message.id',
  messagingConversationId: 'messaging.message.conversation_id',
  kafkaOffset: 'messaging.kafka.offset',
  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
  /** The same value as `messaging.message.conversation_id`, on HTTP spans as well: what one searches a journey by. */
  correlationId: 'interchange.correlation_id',
  attempt: 'interchange.attempt',
  replayId: 'interchange.replay_id',
  failureClass: 'interchange.failure_class',
  outcome: 'interchange.outcome',
} as const

export const metricNames = {
  sentMessages: 'messaging.client.sent.messages',
  consumedMessages: 'messaging.client.consumed.messages',
  /** Of one send request, which may carry many records. */
  operationDuration: 'messaging.client.operation.duration',
  /** Of one handled batch. */
  processDuration: 'messaging.process.duration',
  settledMessages: 'interchange.settled.messages',
  failedMessages: 'interchange.failed.messages',
  waitingMessages: 'interchange.waiting.messages',
  headOfLineAge: 'interchange.head_of_line.age',
  openTransactionAge: 'interchange.open_transaction.age',
  deadLetters: 'interchange.dlq.messages',
  outboxAge: 'interchange.outbox.age',
  outboxQuarantined: 'interchange.outbox.quarantined',
  groupLag: 'kafka.consumer_group.lag',
  httpServerDuration: 'http.server.request.duration',
} as const

/** Buckets in seconds that the conventions advise for both durations. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** The baggage entry that carries the correlation id from service to service. */
export const correlationBaggageKey = 'interchange.correlation_id'

/** Fields that every log line has when there is something to say. */
export const logFields = { traceId: 'trace_id', spanId: 'span_id', correlationId: 'correlation_id' } as const
