import { naturalEventId } from '@interchange/messaging'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A message's id as the inbox holds it: a UUID as it is, any other text as the UUIDv8 of its hash. */
export const inboxId = (messageId: string): string =>
  uuid.test(messageId) ? messageId.toLowerCase() : naturalEventId('inbox', messageId, 0)
