import type { LlmMessage } from '../../engines/llm.ts'
import { fold } from '../text/fold.ts'
import type { Group } from './schema.ts'

/** The rung below JSON: a model that cannot write it is asked for plain lines with a label and fields. Pure. */

const FORMS: Record<'es' | 'en', Partial<Record<Group, string>>> = {
  es: {
    actions: 'TAREA | números de línea | cita | quién (letra o nombre, o nadie) | cuándo (sus palabras, o -) | título',
    decisions: 'DECISIÓN | números de línea | cita | texto',
    risks: 'RIESGO | números de línea | cita | low, medium o high | texto',
    questions: 'PREGUNTA | números de línea | cita | texto',
  },
  en: {
    actions: 'TASK | line numbers | quote | who (letter or name, or nobody) | when (its words, or -) | title',
    decisions: 'DECISION | line numbers | quote | text',
    risks: 'RISK | line numbers | quote | low, medium or high | text',
    questions: 'QUESTION | line numbers | quote | text',
  },
}
const ASK = {
  es: 'Tu respuesta no era JSON. Responde ahora sin JSON: una línea por elemento, con los campos separados por «|», o NADA si no hay ninguno.',
  en: 'Your answer was no JSON. Answer without JSON now: one line for each element, its fields separated by "|", or NOTHING if there is none.',
}
const LABELS: readonly [RegExp, Group][] = [
  [/^(?:tareas?|tasks?|accion(?:es)?|actions?)$/u, 'actions'],
  [/^decision(?:es|s)?$/u, 'decisions'],
  [/^(?:riesgos?|risks?)$/u, 'risks'],
  [/^(?:preguntas?|questions?)$/u, 'questions'],
]
const NOTHING = /^\W*(?:nada|nothing|none)\W*$/iu
const NOBODY = /^(?:-|nadie|nobody|none|null)?$/iu
/** A model in a loop ends here. */
const MAX_LINES = 80

/** The question again, for lines in the place of JSON; null where none of the groups can be told so. */
export function plainMessages(
  language: 'es' | 'en',
  first: readonly LlmMessage[],
  groups: readonly Group[],
): LlmMessage[] | null {
  const forms = groups.flatMap((group) => FORMS[language][group] ?? [])
  if (forms.length === 0) return null
  return [...first, { role: 'user', content: [{ type: 'text', text: [ASK[language], ...forms].join('\n') }] }]
}

/**
 * The lists of a plain answer, in the shape of a JSON one. Only groups that were asked for.
 *
 * @returns null when no line has a label
 */
export function readPlainLines(text: string, groups: readonly Group[]): Record<string, unknown[]> | null {
  const lines = text.split('\n').slice(0, MAX_LINES)
  const found = lines.flatMap((line) => readLine(line))
  if (found.length === 0) return lines.some((line) => NOTHING.test(line)) ? {} : null
  const wanted = found.filter(({ group }) => groups.includes(group))
  return Object.fromEntries(
    [...Map.groupBy(wanted, ({ group }) => group)].map(([group, all]) => [group, all.map(({ element }) => element)]),
  )
}

function readLine(line: string): { group: Group; element: Record<string, unknown> }[] {
  const [head = '', numbers = '', quote = '', ...rest] = line
    .replace(/^\s*\|/u, '')
    .split('|')
    .map(bare)
  const label = fold(head).replace(/[^a-z]/gu, '')
  const group = LABELS.find(([pattern]) => pattern.test(label))?.[1]
  const last = rest.findLast((field) => field !== '')
  if (!group || last === undefined) return []
  const evidence = (numbers.match(/\d+/gu) ?? []).map(Number)
  const proof = { evidence, quote: quote.replace(/^["«“]|["»”]$/gu, ''), photos: [] }
  if (group === 'actions') {
    const [owner = '', due = ''] = rest
    const who = NOBODY.test(owner) || rest.length < 3 ? null : owner
    const when = NOBODY.test(due) || rest.length < 3 ? null : due
    const more = { kind: 'commitment', owner: who, due_text: when, description: '', steps: [] }
    return [{ group, element: { ...proof, ...more, title: last } }]
  }
  if (group === 'risks')
    return [{ group, element: { ...proof, severity: rest.length > 1 ? rest[0] : 'medium', text: last, why: '' } }]
  return [{ group, element: { ...proof, text: last } }]
}

const bare = (field: string): string => field.replace(/^[\s*_`-]+(?=\S)|[\s*_`]+$/gu, '').trim()
