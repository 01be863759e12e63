/** Finds the JSON in what a model wrote. Pure. */

/** Takes thinking away: `<think>…</think>`, one that was never closed, and one whose opening the server swallowed. */
export function withoutThinking(text: string): string {
  return text
    .replace(/<(think|thinking|reasoning)>[\s\S]*?<\/\1>/gi, '')
    .replace(/^[\s\S]*<\/(think|thinking|reasoning)>/i, '')
    .replace(/<(think|thinking|reasoning)>[\s\S]*$/i, '')
    .trim()
}

/**
 * The first JSON object of an answer, whatever stands around it: thinking, code fences, a sentence before and after.
 *
 * @returns undefined where there is none, or where it is cut short
 */
export function findJsonObject(answer: string): unknown {
  const text = withoutThinking(answer)
  for (let start = text.indexOf('{'), tries = 0; start >= 0 && tries < 8; start = text.indexOf('{', start + 1), tries++) {
    const end = endOfObject(text, start)
    if (end === null) continue
    const value = parsed(text.slice(start, end))
    if (value !== undefined) return value
  }
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Index after the brace that closes the one at `start`, or null. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '{') depth++
    else if (char === '}' && --depth === 0) return i + 1
  }
  return null
}
