import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScenarios } from '../src/eval/live/run.ts'
import { readScenarios } from '../src/eval/live/scenario.ts'

/** The scripted conversations against a real server: over its socket, on a virtual clock. */

const scenarios = await readScenarios(path.join(import.meta.dirname, 'scenarios'))
const only = process.env.VIGIA_SCENARIO
const chosen = scenarios.filter(({ name }) => !only || name.includes(only))

/** What a conversation must survive, by the names of the scenarios that show it. */
const CASES = [
  ['interruption', 'interrupción con palabras', 'interruption'],
  ['cough', 'tos durante la respuesta', 'cough'],
  ['backchannel', 'asentimiento durante la respuesta', 'backchannel'],
  ['pause in thought', 'pausa para pensar', 'pause in thought'],
  ['correction in mid-answer', 'corrección a mitad de respuesta', 'correction in mid-answer'],
  ['two questions in a row', 'dos preguntas seguidas', 'two questions in a row'],
  ['television', 'televisión de fondo', 'television in the background'],
  ['talk between third persons', 'dos personas hablan entre ellas', 'talk between other people'],
  ['echo without cancellation', 'eco sin cancelación', 'echo without cancellation'],
  [
    'with echo cancellation',
    'con cancelación de eco se le puede interrumpir con una palabra',
    'with echo cancellation a word is enough to stop it',
  ],
  ['fresh photo', 'pregunta por una foto reciente', 'question about a fresh photo'],
  ['stale photo', 'pregunta por una foto vieja y llega una nueva', 'stale photo is asked for'],
  ['old photo, its age said', 'foto vieja que no se renueva se dice', 'a photo that stays old is told with its age'],
  ['tool before its commit', 'herramienta interrumpida antes de su efecto', 'tool interrupted before its effect'],
  ['tool after its commit', 'herramienta interrumpida después de su efecto', 'tool interrupted after its effect'],
  ['voice dying', 'la voz muere y se escribe', 'the voice dies and the answer is written'],
  ['model hanging', 'el modelo se cuelga', 'the model hangs'],
  [
    'socket lost and resumed',
    'se pierde la conexión a mitad de respuesta y vuelve',
    'the connection is lost in mid-answer and comes back',
  ],
  ['enrolled voice', 'otra voz que la inscrita no recibe respuesta', 'another voice than the enrolled one gets no answer'],
] as const

describe('live scenarios', () => {
  it('are at least thirty, in both languages', () => {
    const embedded = scenarios.filter(({ lanes }) => lanes.includes('embedded'))
    expect(embedded.length).toBeGreaterThanOrEqual(30)
    expect(new Set(embedded.map(({ language }) => language))).toEqual(new Set(['es', 'en']))
  })

  it.each(CASES)('play "%s" in Spanish and in English', (_what, es, en) => {
    const names = scenarios.map(({ name }) => name)
    expect(names).toContain(`es ${es}`)
    expect(names).toContain(`en ${en}`)
  })

  it.each(['decisions', 'embedded'] as const)('pass in the lane "%s"', { timeout: 240_000 }, async (lane) => {
    const outcomes = await runScenarios(chosen, { lanes: [lane] })
    const failed = outcomes.filter(({ status }) => status !== 'passed')
    expect(failed.map(({ scenario, complaints }) => `${scenario}: ${complaints.join('; ')}`)).toEqual([])
  })
})
