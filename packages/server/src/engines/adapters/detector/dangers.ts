import type { Danger } from '@vigia/protocol'
import { LABELS } from './labels.ts'
import { PLACES, placeOf } from './places.ts'
import type { DetectedObject } from './sight.ts'
import { areaOf } from './suppress.ts'

/**
 * Possible dangers that follow from detected classes alone. A detector knows neither movement nor distance nor use, so
 * certainty is always low, and only what is large in the picture counts as near.
 */

interface Rule {
  classes: readonly string[]
  /** Share of the picture from which it applies. */
  minArea: number
  severity: Danger['severity']
  es: { what: (one: string) => string; why: string }
  en: { what: (one: string) => string; why: string }
}

const RULES: readonly Rule[] = [
  {
    classes: ['car', 'bus', 'truck', 'motorcycle', 'train'],
    minArea: 0.25,
    severity: 'medium',
    es: { what: (one) => `posible vehículo cerca: ${one}`, why: 'atropello, si está en marcha' },
    en: { what: (one) => `possible vehicle nearby: a ${one}`, why: 'being run over, if it is moving' },
  },
  {
    classes: ['bear', 'elephant'],
    minArea: 0.05,
    severity: 'medium',
    es: { what: (one) => `posible animal peligroso: ${one}`, why: 'ataque' },
    en: { what: (one) => `possible dangerous animal: a ${one}`, why: 'attack' },
  },
  {
    classes: ['knife', 'scissors'],
    minArea: 0,
    severity: 'low',
    es: { what: (one) => `posible objeto cortante: ${one}`, why: 'corte' },
    en: { what: (one) => `possible sharp object: ${one}`, why: 'cut' },
  },
  {
    classes: ['oven', 'toaster'],
    minArea: 0.1,
    severity: 'low',
    es: { what: (one) => `posible superficie caliente: ${one}`, why: 'quemadura, si está encendido' },
    en: { what: (one) => `possible hot surface: ${one}`, why: 'burn, if it is on' },
  },
]

/** Dangers in the order of the rules, one per class. */
export function possibleDangers(objects: readonly DetectedObject[], language: 'es' | 'en'): Danger[] {
  return RULES.flatMap((rule) => rule.classes.flatMap((name) => dangerOf(rule, name, objects, language)))
}

function dangerOf(rule: Rule, name: string, objects: readonly DetectedObject[], language: 'es' | 'en'): Danger[] {
  const largest = objects
    .filter(({ classId, box }) => LABELS[classId]?.en === name && areaOf(box) >= rule.minArea)
    .sort((a, b) => areaOf(b.box) - areaOf(a.box))[0]
  if (!largest) return []
  const one = language === 'es' ? LABELS[largest.classId]!.es[0] : name
  const { what, why } = rule[language]
  return [{ what: what(one), why, where: PLACES[language][placeOf(largest.box)], severity: rule.severity, certainty: 'low' }]
}
