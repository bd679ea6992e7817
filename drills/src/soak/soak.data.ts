/** The soak, as the catalogue describes it. */
export const soak = {
  name: 'I1',
  title: 'soak',
  says: 'Writes to three brokers for as long as it is told to, with a fault each seven seconds in three of four quarters and quiet in the fourth. Nothing may be lost, done twice or out of order, each quiet quarter must end without a backlog, and memory must not grow.',
} as const
