import type { Segment } from '../../packages/protocol/src/index.ts'

/** Made-up Spanish meetings of any length, the same every time: sentences with tasks, decisions, risks and much talk between. */

const NAMES = ['Marta', 'Carlos', 'Elena', 'Lucía', 'Andrés', 'Pablo']
const THINGS = [
  'el presupuesto',
  'la batería',
  'el servidor',
  'la cámara',
  'el contrato',
  'la prueba de carga',
  'el informe',
  'la fecha',
]
const DAYS = ['mañana', 'el lunes', 'el viernes', 'la semana que viene', 'antes del jueves']
const TALK = [
  'Yo creo que {thing} ya está mucho mejor que el mes pasado.',
  'Ayer estuve mirando {thing} con {name} y no vimos nada raro.',
  '¿Y qué pasa con {thing}, lo dejamos como está?',
  'La verdad es que {thing} nos ha costado bastante tiempo.',
  'Claro, claro, eso es lo que decía {name} en la otra reunión.',
  'Bueno, seguimos con {thing} y luego hablamos de lo demás.',
]
const CUES = [
  '{name} enviará {thing} {day}.',
  'Decidimos cambiar {thing} porque no llega a tiempo.',
  'El riesgo es que {thing} puede fallar con muchos usuarios.',
  'Tengo que preparar {thing} para {day}.',
]

/** One segment every five seconds, one in eight with a cue. */
export function talk(seconds: number, seed = 1): Segment[] {
  let state = seed
  const pick = <T>(from: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return from[(state >>> 8) % from.length]!
  }
  return Array.from({ length: Math.floor(seconds / 5) }, (_, i) => ({
    id: `seg-${String(i + 1).padStart(5, '0')}`,
    start: i * 5,
    end: i * 5 + 4.5,
    speaker: `S${1 + (i % 3)}`,
    text: pick(i % 8 === 3 ? CUES : TALK)
      .replace('{name}', pick(NAMES))
      .replace('{thing}', pick(THINGS))
      .replace('{day}', pick(DAYS)),
    rev: 0,
  }))
}
