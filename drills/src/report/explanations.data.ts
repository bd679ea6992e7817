/** Why a figure of the table is not reached, by its name; the page prints it below the table. */
export const explanations: Readonly<Partial<Record<string, string>>> = {
  'acknowledged messages lost':
    'none was lost, of fewer messages or faults than the goal asks for; the hour of `soak` brings the most of both.',
  'committed copies in the outputs of transactions': 'none was seen, of fewer messages than the goal asks for.',
}
