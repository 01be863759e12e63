import { fold } from './fold.ts'

/** One word or number of a text, with its place in it. */
export interface Token {
  /** As written. */
  text: string
  lower: string
  /** Folded, see `fold`. */
  plain: string
  /** Offsets in the text, in UTF-16 units; end exclusive. */
  start: number
  end: number
}

const WORD = /\p{L}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*|\p{N}+(?:[.,:/]\p{N}+)*(?:st|nd|rd|th)?(?!\p{L})|\p{N}+/gu
/** Small recognizers lose the space after this word; no other word begins with it. */
const GLUED = /^(entonces)(\p{L}{3,})$/u

/** Words and numbers of a text, in order; punctuation is left out. */
export function tokenize(text: string): Token[] {
  return [...text.matchAll(WORD)].flatMap((match) => {
    const glued = GLUED.exec(match[0].toLowerCase())
    if (!glued) return [toToken(match[0], match.index)]
    const cut = glued[1]!.length
    return [toToken(match[0].slice(0, cut), match.index), toToken(match[0].slice(cut), match.index + cut)]
  })
}

function toToken(text: string, start: number): Token {
  return { text, lower: text.toLowerCase().normalize('NFC'), plain: fold(text), start, end: start + text.length }
}
