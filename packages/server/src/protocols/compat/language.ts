import { VigiaError } from '@vigia/protocol'
import type { AsrCapabilities } from '../../engines/asr.ts'

/** Languages as other APIs name them, and as the loaded recognizer takes them. */

/** English names, as OpenAI's `verbose_json` writes them. */
const names = new Intl.DisplayNames('en', { type: 'language' })

/** `es` → `spanish` */
export function languageName(tag: string): string {
  try {
    return (names.of(primary(tag)) ?? tag).toLowerCase()
  } catch {
    return tag
  }
}

/**
 * The language to recognize in. Left out, or `auto`, `multi`, `und`: detected where the recognizer can, else its only one.
 *
 * @throws VigiaError `language_not_supported`
 */
export function languageFor(requested: string | undefined, { languages, detectsLanguage }: AsrCapabilities): string {
  const asked = requested?.trim().toLowerCase()
  if (!asked || asked === 'auto' || asked === 'multi' || asked === 'und') {
    if (detectsLanguage) return 'auto'
    return languages === 'any' ? 'es' : (languages[0] ?? 'es')
  }
  const tag = primary(asked)
  if (!/^[a-z]{2,3}$/.test(tag))
    throw new VigiaError('language_not_supported', `Expected a language code, got "${asked.slice(0, 20)}".`)
  if (languages === 'any' || languages.some((known) => primary(known) === tag)) return tag
  throw new VigiaError('language_not_supported', `The loaded recognizer knows ${languages.join(', ')}, not "${tag}".`, {
    hint: 'Leave the language out, or load a recognizer that knows it.',
  })
}

const primary = (tag: string): string => tag.toLowerCase().split(/[-_]/)[0]!

const ENGLISH = /\b(the|what|is|are|you|your|see|this|that|how|time|please|describe|who|where|of|and)\b/gi
const SPANISH = /\b(el|la|los|las|qué|que|es|son|ves|esto|cómo|hora|por|favor|describe|quién|dónde|de|y)\b/gi

/** Spanish or English, by the small words of a question. */
export function guessLanguage(text: string): 'es' | 'en' {
  return (text.match(ENGLISH)?.length ?? 0) > (text.match(SPANISH)?.length ?? 0) ? 'en' : 'es'
}
