import type { Segment } from '@vigia/protocol'
import type { GoldSession } from '../../src/analysis/eval/gold.ts'
import { segmentIdOf } from '../../src/analysis/eval/gold.ts'

/** A generated session of hours: small talk, with a task, a decision and a risk every few minutes. */

const TALK = [
  'Pues el otro día estuve paseando por el barrio y había un montón de gente en la plaza mirando el mercado.',
  'Sí, a mí también me gusta ese sitio, sobre todo cuando hace buen tiempo y se puede estar en la terraza.',
  'La verdad es que antes venía menos gente, pero desde que arreglaron la calle está mucho más animado.',
  'Mi vecino dice que van a poner una fuente, aunque yo de eso no he leído nada en ninguna parte.',
]
const THINGS = [
  'contrato',
  'presupuesto',
  'inventario',
  'calendario',
  'folleto',
  'informe',
  'plano',
  'pedido',
  'catálogo',
  'registro',
]

export const SECONDS_A_LINE = 6

/** @param hours - one line every six seconds */
export function longSession(hours: number): GoldSession {
  const count = Math.floor((hours * 3600) / SECONDS_A_LINE)
  const lines: GoldSession['lines'] = []
  const items: GoldSession['items'] = []
  for (let n = 1; n <= count; n++) {
    const speaker = n % 2 === 0 ? 'B' : 'A'
    const thing = `${THINGS[((n / 60) % 10) | 0]} número ${n}`
    const base = { lines: [n], optional: false }
    if (n % 60 === 10) {
      lines.push({ speaker, text: `Yo me encargo de revisar el ${thing} antes del viernes.` })
      items.push({ ...base, kind: 'action', text: `Revisar el ${thing}`, owner: speaker })
    } else if (n % 60 === 30) {
      lines.push({ speaker, text: `Hemos decidido archivar el ${thing}.` })
      items.push({ ...base, kind: 'decision', text: `Archivar el ${thing}` })
    } else if (n % 60 === 50) {
      lines.push({ speaker, text: `Hay un riesgo con el ${thing}, se puede perder.` })
      items.push({ ...base, kind: 'risk', text: `El ${thing} se puede perder` })
    } else lines.push({ speaker, text: TALK[n % TALK.length]! })
  }
  return {
    id: 'long',
    about: 'el barrio',
    language: 'es',
    held: false,
    started_at: '2026-03-10T09:00:00Z',
    time_zone: 'Europe/Madrid',
    frames: [],
    items,
    never: [],
    facts: [],
    lines,
  }
}

/** Its segments, six seconds apart. */
export const segmentsOfLong = ({ lines }: GoldSession): Segment[] =>
  lines.map(({ speaker, text }, i) => ({
    id: segmentIdOf(i + 1),
    start: i * SECONDS_A_LINE,
    end: i * SECONDS_A_LINE + 5,
    speaker: speaker === 'A' ? 'S1' : 'S2',
    text,
    rev: 1,
  }))
