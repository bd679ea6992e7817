import { textOf } from './markdown.ts'

/** Whether a test file, or a file of cases, has a title written just like this. */
export const hasTitle = (file: string, title: string): boolean => {
  const text = textOf(file)
  return [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`].some((literal) => text.includes(literal))
}
