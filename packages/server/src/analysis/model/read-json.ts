/** JSON out of what a model wrote: with thoughts, fences, words around it, or cut short. Pure. */

/**
 * The lists of an answer by name. What is whole is taken; of a cut answer the complete elements.
 *
 * @returns null when there is nothing to read
 */
export function readAnswer(text: string): { value: Record<string, unknown>; cut: boolean } | null {
  const body = text.replace(/<(think|thinking|thought|reasoning)>[\s\S]*?(?:<\/\1>|$)/giu, '').replace(/```(?:json)?/giu, '')
  const from = body.indexOf('{')
  if (from < 0) return null
  const whole = parseObject(body.slice(from, endOf(body, from)))
  if (whole) return { value: whole, cut: false }
  const saved = saveElements(body.slice(from))
  return saved ? { value: saved, cut: true } : null
}

function parseObject(text: string): Record<string, unknown> | null {
  for (const candidate of [text, text.replace(/,\s*(?=[}\]])/gu, '')]) {
    try {
      const value: unknown = JSON.parse(candidate)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    } catch {
      // Not JSON as it is; the next reading may be.
    }
  }
  return null
}

/** Complete elements of the lists of a broken object. */
function saveElements(body: string): Record<string, unknown> | null {
  const lists: Record<string, unknown[]> = {}
  for (const match of body.matchAll(/"([a-z_]+)"\s*:\s*\[/gu)) {
    const elements = elementsFrom(body, match.index + match[0].length)
    if (elements.length > 0 && !(match[1]! in lists)) lists[match[1]!] = elements
  }
  return Object.keys(lists).length > 0 ? lists : null
}

function elementsFrom(body: string, start: number): unknown[] {
  const found: unknown[] = []
  for (let at = start; at < body.length; ) {
    const next = /[{\]"\d]/u.exec(body.slice(at))
    if (next?.[0] !== '{') return found
    const from = at + next.index
    const to = endOf(body, from)
    const element = parseObject(body.slice(from, to))
    if (element) found.push(element)
    if (to >= body.length) return found
    at = to
  }
  return found
}

/** Index behind the bracket that closes the one at `from`; the end of the text when none does. */
function endOf(text: string, from: number): number {
  let depth = 0
  let inText = false
  for (let i = from; i < text.length; i++) {
    const letter = text[i]
    if (inText) {
      if (letter === '\\') i++
      else if (letter === '"') inText = false
    } else if (letter === '"') inText = true
    else if (letter === '{' || letter === '[') depth++
    else if (letter === '}' || letter === ']') {
      depth--
      if (depth === 0) return i + 1
    }
  }
  return text.length
}
