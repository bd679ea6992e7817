/** Text that is safe to be put into a page as it is; made by `html` and `escapeText` alone. */
export interface Markup {
  readonly markup: string
}

type Part = Markup | string | number | readonly Markup[]

export const escapeText = (text: string): Markup => ({
  markup: text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
})

/** A piece of a page; what is put into it is escaped unless it is markup itself. */
export const html = (pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: pieces.reduce((whole, piece, index) => `${whole}${markupOf(parts[index - 1] ?? '')}${piece}`),
})

const markupOf = (part: Part): string => {
  if (typeof part === 'string') return escapeText(part).markup
  if (typeof part === 'number') return String(part)
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('\n')
}
