import { z } from 'zod'

/** What the model is asked for. Evidence comes before the text: with a grammar the order of fields is the order of thought. */

/** Counts up when prompts or schema change: stored answers of another version are not used. */
export const PROMPT_VERSION = 2

export const GROUPS = ['actions', 'decisions', 'risks', 'questions', 'chapters', 'cancelled'] as const
export type Group = (typeof GROUPS)[number]

const int = { type: 'integer' }
const text = { type: 'string' }
const maybe = { type: ['string', 'null'] }
const list = (items: Record<string, unknown>, maxItems: number) => ({ type: 'array', items, maxItems })
const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
const proof = { evidence: list(int, 8), quote: text, photos: list(int, 4) }

/** Only what the small JSON Schema subsets of all engines know: no lengths, no patterns, every field required. */
const LISTS: Record<Group, Record<string, unknown>> = {
  actions: list(
    object({
      ...proof,
      kind: { type: 'string', enum: ['commitment', 'request', 'command', 'inferred'] },
      owner: maybe,
      due_text: maybe,
      title: text,
      description: text,
      steps: list(text, 6),
    }),
    20,
  ),
  decisions: list(object({ ...proof, text }), 20),
  risks: list(object({ ...proof, severity: { type: 'string', enum: ['low', 'medium', 'high'] }, text, why: text }), 20),
  questions: list(object({ ...proof, text }), 20),
  chapters: list(object({ evidence: list(int, 8), title: text }), 8),
  cancelled: list(int, 20),
}

export function extractionSchema(groups: readonly Group[]): Record<string, unknown> {
  return object(Object.fromEntries(groups.map((group) => [group, LISTS[group]])))
}

export const SUPPORT_SCHEMA = object({
  verdicts: list(object({ id: int, verdict: { type: 'string', enum: ['yes', 'partly', 'no'] } }), 40),
})

export const PROSE_SCHEMA = object({
  points: list(object({ evidence: list(int, 8), photos: list(int, 4), text }), 6),
  title: text,
})

/** Models write `"High"`, `"3"` for 3, `null` for none: what is plainly meant is taken. */
const Int = z.preprocess(
  (value) => (typeof value === 'string' && /^\D*\d+\D*$/u.test(value) ? Number(value.replace(/\D/gu, '')) : value),
  z.number().int(),
)
const Ints = z
  .preprocess(
    (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]),
    z.array(z.unknown()),
  )
  .transform((values) =>
    values.flatMap((value) => {
      const parsed = Int.safeParse(value)
      return parsed.success ? [parsed.data] : []
    }),
  )
const Text = z.preprocess(
  (value) => (value === null || value === undefined ? '' : value),
  z
    .string()
    .max(2000)
    .transform((value) => value.trim()),
)
const Needed = z
  .string()
  .max(2000)
  .transform((value) => value.trim())
  .pipe(z.string().min(1))
const Nullable = z.preprocess(
  (value) => (typeof value === 'string' && /^(?:null|none|ninguno|nadie|n\/a|-|)$/iu.test(value.trim()) ? null : (value ?? null)),
  z.string().max(200).nullable(),
)
const word = <const W extends readonly [string, ...string[]]>(words: W, fallback: W[number]) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
    z.enum(words).catch(fallback as never),
  )

const ACTION_KINDS = ['commitment', 'request', 'command', 'inferred'] as const

const ActionFields = z.object({
  evidence: Ints,
  quote: Text,
  photos: Ints,
  kind: word(ACTION_KINDS, 'inferred'),
  owner: Nullable,
  due_text: Nullable,
  title: Needed,
  description: Text,
  steps: z.preprocess(
    (value) => (Array.isArray(value) ? value.filter((step) => typeof step === 'string') : []),
    z.array(z.string().max(500)).transform((steps) => steps.slice(0, 6)),
  ),
})
/** Where the class of an action is to stand models sometimes write who does it. Whether such a name was said is checked later. */
export const RawAction = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return value
  const { kind, owner } = value as { kind: unknown; owner?: unknown }
  const isClass = typeof kind !== 'string' || (ACTION_KINDS as readonly string[]).includes(kind.trim().toLowerCase())
  return isClass || (owner !== null && owner !== undefined) ? value : { ...value, owner: kind }
}, ActionFields)
export type RawAction = z.output<typeof RawAction>

/** A severity that is none is not guessed: the element is asked for again. */
const SEVERITIES: Readonly<Record<string, string>> = {
  baja: 'low',
  bajo: 'low',
  media: 'medium',
  medio: 'medium',
  moderate: 'medium',
  alta: 'high',
  alto: 'high',
  grave: 'high',
  critical: 'high',
}
const RawSeverity = z.preprocess(
  (value) => {
    const plain = typeof value === 'string' ? value.trim().toLowerCase() : value
    return typeof plain === 'string' ? (SEVERITIES[plain] ?? plain) : plain
  },
  z.enum(['low', 'medium', 'high']),
)

export const RawFinding = z.object({ evidence: Ints, quote: Text, photos: Ints, text: Needed })
export type RawFinding = z.output<typeof RawFinding>
export const RawRisk = RawFinding.extend({ severity: RawSeverity, why: Text })
export type RawRisk = z.output<typeof RawRisk>
export const RawChapter = z.object({ evidence: Ints, title: Needed })
export const RawVerdict = z.object({ id: Int, verdict: word(['yes', 'partly', 'no'], 'no') })
export const RawPoint = z.object({ evidence: Ints, photos: Ints, text: Needed })
