import { Severity } from '@vigia/protocol'
import { z } from 'zod'

/** The shape in which a model answers about a photo. Dangers come first, so that an answer cut short still has them. */

const short = z.string().max(600)
const list = z.array(z.string().max(300)).max(40)

export const AnsweredDanger = z.strictObject({
  what: short.min(1),
  why: short,
  where: short,
  severity: Severity,
  certainty: Severity,
})

export const PhotoAnswer = z.strictObject({
  dangers: z.array(AnsweredDanger).max(12),
  description: z.string().min(1).max(4000),
  people: list,
  objects: list,
  text_visible: list,
  surroundings: short,
  activities: list,
  suggestions: list,
  uncertain: list,
})
export type PhotoAnswer = z.infer<typeof PhotoAnswer>

/** The second question about a grave danger. */
export const SecondLook = z.strictObject({ seen: z.enum(['yes', 'no', 'unsure']), where: z.string().max(300) })
export type SecondLook = z.infer<typeof SecondLook>

/**
 * JSON Schema for a grammar or a server's JSON mode: types, enumerations and required properties only, which every engine
 * takes; lengths are checked afterwards.
 */
export function grammarOf(schema: z.ZodType): Record<string, unknown> {
  return withoutBounds(z.toJSONSchema(schema)) as Record<string, unknown>
}

const BOUNDS = new Set(['$schema', 'minLength', 'maxLength', 'minItems', 'maxItems'])

function withoutBounds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBounds)
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([key]) => !BOUNDS.has(key))
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutBounds(inner)]))
}
