import type { TaskCue } from './cues.ts'
import { findDates, inLanguage } from './dates.ts'
import { contentStems } from './statements.ts'
import type { TaskContext } from './tasks.ts'
import type { Clause } from './text/clauses.ts'
import { capitalize } from './text/fold.ts'
import { isGivenName } from './text/names.ts'
import { readOrder, readVerb } from './text/verbs-es.ts'

/** The title of a task: a short clause that begins with the verb. Pure. */

const MAX_WORDS = 12
/** Here the matter of the task ends and another thought begins. */
const STOP = {
  es: /[\s,]+(?:y (?:luego|que|yo|despues|después)|pero|porque|que si|ya que|para que|si|por favor|gracias|sin falta|vale|cuando|aunque|así que|asi que|entonces|¿no)(?=[\s,?]|$).*$/iu,
  en: /[\s,]+(?:but|because|so that|if|please|thanks|when|although|so|okay|and then)(?=[\s,?]|$).*$/iu,
} // biome-ignore format: a table
const ARTICLE = /^(?:el|la|los|las|un|una|mi|tu|su|este|esta|nuestro|nuestra)$/u

/** “Pedir una cotización nueva”, “Send the report”. Without an object of its own, the nearest noun before stands in. */
export function taskTitle(cue: TaskCue, clause: Clause, { reference, talk }: TaskContext): string {
  const { clauses } = talk
  const first = clause.tokens[cue.objectFrom]
  const raw = first ? clause.text.slice(first.start, Math.max(first.start, taskEnd(clause, cue))) : ''
  const object = withoutDates(raw.replace(/[?!.…]+$/u, ''), inLanguage(reference, clause))
    .replace(STOP[clause.language], '')
    .replace(/^(?:yo|tú|tu|usted|por favor|please)(?=[\s,]|$)[\s,]*/iu, '')
    .replace(/[\s,;:]+(?:y|a|de|para|el|la|en|antes|the|to|by|on)?$/iu, '')
    .trim()
  const words = withoutVocative(object.split(/\s+/u).filter(Boolean)).slice(0, MAX_WORDS - 1)
  const isEmpty = contentStems(clause.tokens.slice(cue.objectFrom), clause.language).size === 0
  const stand = (isEmpty || words.length === 0) && cue.pronoun ? nounBefore(cue, clause, clauses) : null
  const verb = cue.pronoun && !stand && words.length === 0 && clause.language === 'es' ? `${cue.verb}lo` : cue.verb
  return capitalize([verb, ...(stand ? [stand] : words)].join(' '))
}

/** Where the task ends in the text of its clause: before “y” with another verb. */
export function taskEnd(clause: Clause, cue: TaskCue): number {
  const next = clause.tokens.findIndex((token, i) => {
    const verb = clause.tokens[i + 1]
    if (i < cue.objectFrom || token.plain !== 'y' || !verb) return false
    return (
      readOrder(verb.plain) !== null || readVerb(verb.lower).some(({ form }) => form !== 'infinitive' && form !== 'present-they')
    )
  })
  return next < 0 ? clause.text.length : clause.tokens[next]!.start
}

function withoutDates(text: string, reference: TaskContext['reference']): string {
  return findDates(text, reference)
    .reverse()
    .reduce(
      (rest, { start, end }) =>
        `${rest.slice(0, start).replace(/\s+(?:el|para|antes de|a|by|on)?\s*$/iu, ' ')}${rest.slice(end)}`,
      text,
    )
    .replace(/\s{2,}/gu, ' ')
    .trim()
}

function withoutVocative(words: readonly string[]): string[] {
  const last =
    words
      .at(-1)
      ?.toLowerCase()
      .normalize('NFD')
      .replace(/\p{M}|[^\p{L}]/gu, '') ?? ''
  const isCalled = words.length > 1 && isGivenName(last) && (words.at(-2)!.endsWith(',') || words.length === 2)
  return (isCalled ? words.slice(0, -1) : words).map((word, i, all) => (i === all.length - 1 ? word.replace(/,$/u, '') : word))
}

/** The nearest “el contrato” before the pronoun, in this clause or the two before. */
function nounBefore(cue: TaskCue, clause: Clause, clauses: readonly Clause[]): string | null {
  const earlier = [clauses[clause.index - 1], clauses[clause.index - 2]].flatMap((item) => (item ? [item.tokens] : []))
  for (const tokens of [clause.tokens.slice(0, cue.from), ...earlier]) {
    for (let i = tokens.length - 2; i >= 0; i--) {
      const isVerb = readVerb(tokens[i + 1]!.lower).some(({ form }) => form === 'present-i')
      if (
        ARTICLE.test(tokens[i]!.plain) &&
        tokens[i]!.lower !== 'está' &&
        !isVerb &&
        contentStems([tokens[i + 1]!], 'es').size > 0
      ) {
        return `${tokens[i]!.lower} ${tokens[i + 1]!.lower}`
      }
    }
  }
  return null
}
