/**
 * Cuts the text of a language model into fragments to be spoken, while it streams: the first one short, so that the voice begins
 * early, then whole sentences. An end of sentence is certain only when the character behind it is known ("29." is none).
 */

/** A first fragment may end at a comma from this length on. */
const FIRST_CHARS = 24
/** Shorter sentences wait for the next one. */
const LEAST_CHARS = 12
/** Longer ones are cut at a comma or space. */
const MOST_CHARS = 240

const ABBREVIATIONS =
  /(?:^|\s|\()(?:sr|sra|srta|dr|dra|prof|lic|ing|ud|uds|etc|av|avda|núm|num|pág|art|aprox|máx|mín|tel|p\.\s?ej|ee\.\s?uu|a\.\s?m|p\.\s?m|mr|mrs|ms|vs|st|jr|no|e\.\s?g|i\.\s?e|[A-ZÁÉÍÓÚÑ])$/iu

export class FragmentSplitter {
  #rest = ''
  #first = true

  /** Fragments that are certain now. */
  push(text: string): string[] {
    this.#rest += text
    const out: string[] = []
    for (let end = this.#cut(); end !== null; end = this.#cut()) this.#take(end, out)
    return out
  }

  /** What is left, as the last fragment. */
  end(): string[] {
    const out: string[] = []
    this.#take(this.#rest.length, out)
    return out
  }

  #take(end: number, out: string[]): void {
    const fragment = this.#rest.slice(0, end).trim()
    this.#rest = this.#rest.slice(end)
    if (fragment === '') return
    this.#first = false
    out.push(fragment)
  }

  #cut(): number | null {
    const text = this.#rest
    for (const match of text.matchAll(/[.!?…]+["»”')\]]*(?=\s)|\n+/gu)) {
      const end = match.index + match[0].length
      const before = text.slice(0, match.index)
      if (match[0].startsWith('.') && match[0].length === 1 && (ABBREVIATIONS.test(before) || /^\s*\d+$/u.test(lastLine(before))))
        continue
      if (before.trim().length >= (this.#first ? 2 : LEAST_CHARS) || match[0].startsWith('\n')) return end
    }
    if (this.#first) {
      const comma = /^.{24,}?[,;:](?=\s)/su.exec(text)
      if (comma && comma[0].length >= FIRST_CHARS) return comma[0].length
    }
    if (text.length <= MOST_CHARS) return null
    const soft = Math.max(text.lastIndexOf(', ', MOST_CHARS) + 1, text.lastIndexOf('; ', MOST_CHARS) + 1)
    if (soft > LEAST_CHARS) return soft
    const space = text.lastIndexOf(' ', MOST_CHARS)
    return space > 0 ? space : MOST_CHARS
  }
}

const lastLine = (text: string): string => text.slice(text.lastIndexOf('\n') + 1)
