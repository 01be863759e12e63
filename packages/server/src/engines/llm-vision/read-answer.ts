import type { Danger } from '@vigia/protocol'
import type { ObservationDraft } from '../vision.ts'
import { PhotoAnswer } from './answer.ts'
import { findJsonObject } from './json-text.ts'

/** Reads a model's answer: strictly, and after the repair leniently. Pure. */

export type Reading = { ok: true; draft: ObservationDraft } | { ok: false; problems: string[] }

const MAX_PROBLEMS = 8

/** @returns the draft, or what is wrong with the answer: paths and kinds, never its words */
export function readAnswer(text: string): Reading {
  const value = findJsonObject(text)
  if (value === undefined) return { ok: false, problems: ['expected one complete JSON object, got none'] }
  const answer = PhotoAnswer.safeParse(withKnownGrades(value))
  if (answer.success) return { ok: true, draft: answer.data }
  const problems = answer.error.issues.map(({ path, code }) => `${path.join('.') || 'the object'}: ${code}`)
  return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) }
}

/**
 * What can be used of an answer that is still not right: texts where texts belong, dangers with the middle grade where
 * theirs is unknown. Null without a description.
 */
export function salvageAnswer(text: string): ObservationDraft | null {
  const value = findJsonObject(text)
  if (!isRecord(value) || textOf(value.description) === '') return null
  return {
    dangers: listOf(value.dangers).flatMap(salvageDanger).slice(0, 12),
    description: textOf(value.description).slice(0, 4000),
    people: texts(value.people),
    objects: texts(value.objects),
    text_visible: texts(value.text_visible),
    surroundings: textOf(value.surroundings),
    activities: texts(value.activities),
    suggestions: texts(value.suggestions),
    uncertain: texts(value.uncertain),
  }
}

function salvageDanger(value: unknown): Danger[] {
  const danger = isRecord(value) ? value : { what: value }
  const what = textOf(danger.what)
  if (what === '') return []
  const severity = gradeOf(danger.severity) ?? 'medium'
  return [{ what, why: textOf(danger.why), where: textOf(danger.where), severity, certainty: gradeOf(danger.certainty) ?? 'low' }]
}

/** Grades in the words that models use for them. */
const GRADES: Readonly<Record<string, Danger['severity']>> = {
  low: 'low',
  baja: 'low',
  bajo: 'low',
  leve: 'low',
  medium: 'medium',
  media: 'medium',
  medio: 'medium',
  moderada: 'medium',
  moderate: 'medium',
  high: 'high',
  alta: 'high',
  alto: 'high',
  grave: 'high',
  critical: 'high',
  severe: 'high',
}

function gradeOf(value: unknown): Danger['severity'] | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return Object.hasOwn(GRADES, word) ? GRADES[word] : undefined
}

/** Translates the grades of dangers; what is unknown stays and fails the check. */
function withKnownGrades(value: unknown): unknown {
  if (!isRecord(value) || !Array.isArray(value.dangers)) return value
  const dangers = value.dangers.map((danger: unknown) => {
    if (!isRecord(danger)) return danger
    const grades = (['severity', 'certainty'] as const).map((key) => [key, gradeOf(danger[key]) ?? danger[key]])
    return { ...danger, ...Object.fromEntries(grades) }
  })
  return { ...value, dangers }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim().slice(0, 4000) : '')
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const texts = (value: unknown): string[] =>
  listOf(value)
    .map(textOf)
    .filter((text) => text !== '')
    .slice(0, 40)
