import { wordsOf } from '../turn/words.ts'
import type { Answerer, AnswerRequest } from './answerer.ts'
import { asksToRead, isAboutSight } from './sight.ts'
import { textsOf } from './texts.ts'

/**
 * The answerer that needs no language model: what do you see, read that, what time is it, what did we say about …, sum it up. For
 * anything else it says that no model is installed. Everything it says comes from what was measured, said or shown.
 */

export interface RulesOptions {
  /** What was said in this session, oldest first, less what does not count. */
  said: () => Promise<{ id: string; text: string }[]>
  remember: (what: string) => Promise<void>
  /** Milliseconds since 1970. */
  wallMs: () => number
  timeZone: string
}

const PATTERNS = {
  time: /\b(que hora (es|tienes)|la hora|que dia es|what time|what day is|the time)\b/,
  said: /\b(?:que (?:dijimos|dije|dijo|dijeron|se dijo|hablamos|comentamos) (?:\w+ )?(?:de|del|sobre|acerca de)|what did (?:we|i|he|she|they) say about|what was said about) (?:el |la |los |las |the )?(.+)$/,
  summary: /\b(resume(me|lo|n)?|resumen|resumir|sum (it|this|that)? ?up|summari[sz]e|summary)\b/,
  remember: /^(?:\w+ )?(?:recuerda|apunta|anota|acuerdate de|remember|note)(?: que| down| that)? (.+)$/,
  thanks: /^(muchas )?(gracias|thank you|thanks)\b/,
  hello: /^(hola|buenos dias|buenas tardes|buenas noches|buenas|hello|hi|hey)( \w+)?$/,
  stop: /^(para|parate|basta|callate|calla|silencio|stop|quiet)$/,
}

export function openRulesAnswerer(options: RulesOptions): Answerer {
  return {
    id: 'rules',
    async *answer(request) {
      yield { type: 'asked' }
      yield { type: 'text', text: await reply(request, options) }
    },
  }
}

async function reply(request: AnswerRequest, options: RulesOptions): Promise<string> {
  const texts = textsOf(request.language)
  const words = wordsOf(request.text)
  const folded = words.join(' ')
  if (PATTERNS.stop.test(folded)) return texts.stopped
  if (PATTERNS.time.test(folded)) return tellTime(request.language, options)
  const said = PATTERNS.said.exec(folded)
  if (said) return recall(said[1]!, request.language, options)
  if (PATTERNS.summary.test(folded)) return sumUp(request.language, options)
  const note = PATTERNS.remember.exec(folded)
  if (note) {
    await options.remember(note[1]!)
    return texts.remembered(note[1]!)
  }
  if (asksToRead(request.text) || isAboutSight(request.text)) return describe(request)
  if (PATTERNS.thanks.test(folded)) return texts.thanks
  if (PATTERNS.hello.test(folded)) return texts.hello
  return texts.noModel
}

function describe({ text, language, frame }: AnswerRequest): string {
  const texts = textsOf(language)
  if (!frame) return texts.noFrame
  const { observation } = frame.seen
  if (asksToRead(text)) {
    const lines = observation.text_visible
    return lines.length > 0 ? texts.text(lines.join('. ')) : texts.noText
  }
  return texts.frame(frame.ageMs / 1000, observation.description)
}

function tellTime(language: string, { wallMs, timeZone }: RulesOptions): string {
  const now = new Date(wallMs())
  const locale = language.startsWith('en') ? 'en-GB' : 'es-ES'
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: 'numeric', minute: '2-digit' }).format(now)
  const date = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).format(now)
  return textsOf(language).time(time, date)
}

/** Most quotes in one spoken answer, and most characters of one. */
const MAX_QUOTES = 3
const MAX_QUOTE_CHARS = 160

async function recall(topic: string, language: string, { said }: RulesOptions): Promise<string> {
  const stems = wordsOf(topic)
    .filter((word) => word.length > 3)
    .map((word) => word.slice(0, Math.max(4, word.length - 2)))
  const hits = (await said()).filter(({ text }) => {
    const spoken = wordsOf(text)
    if (PATTERNS.said.test(spoken.join(' '))) return false // the question itself
    return stems.some((stem) => spoken.some((word) => word.startsWith(stem)))
  })
  const texts = textsOf(language)
  return hits.length > 0 ? texts.said(topic, hits.slice(-MAX_QUOTES).map(quote)) : texts.neverSaid(topic)
}

/** The utterances whose words come up most: an extract, said as such. */
async function sumUp(language: string, { said }: RulesOptions): Promise<string> {
  const all = (await said()).filter(({ text }) => !PATTERNS.summary.test(wordsOf(text).join(' ')))
  const counts = new Map<string, number>()
  for (const { text } of all) for (const word of new Set(content(text))) counts.set(word, (counts.get(word) ?? 0) + 1)
  const scored = all
    .map((one, at) => ({ one, at, score: content(one.text).reduce((sum, word) => sum + counts.get(word)! - 0.5, 0) }))
    .filter(({ score }) => score > 0)
  const best = scored.sort((a, b) => b.score - a.score).slice(0, MAX_QUOTES)
  const texts = textsOf(language)
  if (best.length === 0) return texts.nothingYet
  return texts.summary(best.sort((a, b) => a.at - b.at).map(({ one }) => quote(one)))
}

const content = (text: string): string[] => wordsOf(text).filter((word) => word.length > 4)
const quote = ({ text }: { text: string }): string => text.slice(0, MAX_QUOTE_CHARS).replace(/[.\s]+$/u, '')
