import { describe, expect, it } from 'vitest'
import type { Llm, LlmRequest } from '../../engines/llm.ts'
import { photo } from '../fixtures/photos.ts'
import { STARTED_AT, segmentsOf, TIME_ZONE } from '../fixtures/scripts.ts'
import { type AnalysisInput, analyze } from '../pipeline.ts'
import { validateReport } from '../validate.ts'

/** Photos as evidence of what a model finds. */

const LINES = [
  'A: Apunta el teléfono de la clínica para pedir la cita.',
  'B: Vale, llamo yo mañana a la clínica y pido la cita.',
  'A: Decidimos quitar la mesa grande del pasillo.',
  'B: De acuerdo, así pasamos mejor por ahí todos los días.',
]

const FRAMES = [
  photo('cartel', 1, { description: 'Cartel de una clínica.', text_visible: ['CLÍNICA SOL 915551212'] }),
  photo('mesa', 13, { description: 'Una mesa grande ocupa medio pasillo.', objects: ['mesa'] }),
]

const action = {
  evidence: [2],
  quote: 'llamo yo mañana a la clínica',
  photos: [1],
  kind: 'commitment',
  owner: 'B',
  due_text: 'mañana',
  title: 'Llamar a la clínica, 915551212',
  description: '',
  steps: [],
}
const decision = {
  evidence: [3],
  quote: 'Decidimos quitar la mesa grande',
  photos: [2],
  text: 'Quitar la mesa grande del pasillo',
}

/** Answers each list with what it is told; nothing where it is not. */
function answering(answers: Record<string, unknown[]>): Llm & { requests: LlmRequest[] } {
  const requests: LlmRequest[] = []
  return {
    id: 'scripted',
    model: 'scripted-70b',
    requests,
    capabilities: { contextTokens: 32_768, images: false, audio: false, tools: false, json: 'schema' },
    async *generate(request) {
      requests.push(request)
      const asked = Object.keys((request.schema?.properties ?? {}) as Record<string, unknown>)
      const value = Object.fromEntries(asked.map((name) => [name, answers[name] ?? []]))
      yield { type: 'text', text: JSON.stringify({ ...value, ...(asked.includes('title') ? { title: '' } : {}) }) }
      yield { type: 'done', finish: 'stop', usage: { inputTokens: 1, outputTokens: 1 } }
    },
    countTokens: async (text) => Math.ceil(text.length / 3.6),
    async [Symbol.asyncDispose]() {},
  }
}

async function report(answers: Record<string, unknown[]>, frames = FRAMES) {
  const llm = answering(answers)
  const input: AnalysisInput = {
    sessionId: 's',
    language: 'es',
    startedAt: STARTED_AT,
    timeZone: TIME_ZONE,
    segments: segmentsOf(LINES),
    frames,
    durationMs: 60_000,
  }
  const made = await analyze(input, { llm })
  expect(validateReport(made)).toEqual([])
  return { made, llm }
}

const idOf = (line: number): string => segmentsOf(LINES)[line - 1]!.id

describe('what a model says of photos', () => {
  it('is evidence beside the lines, for tasks, decisions and sentences of the summary', async () => {
    const points = [
      { evidence: [3], photos: [2], text: 'Se quita la mesa grande del pasillo.' },
      { evidence: [], photos: [2], text: 'Se vio una mesa grande en el pasillo.' },
    ]
    const { made } = await report({ actions: [action], decisions: [decision], points })
    expect(made.action_items).toMatchObject([{ title: 'Llamar a la clínica, 915551212', evidence: [idOf(2), 'cartel'] }])
    expect(made.findings.filter(({ kind }) => kind === 'decision')).toMatchObject([{ evidence: [idOf(3), 'mesa'] }])
    expect(made.summary_points).toEqual([
      { text: 'Se quita la mesa grande del pasillo.', evidence: [idOf(3), 'mesa'] },
      { text: 'Se vio una mesa grande en el pasillo.', evidence: ['mesa'] },
    ])
  })

  it('adds no number that neither lines nor a cited photo hold', async () => {
    const { made } = await report({ actions: [{ ...action, photos: [] }] })
    expect(made.action_items).toMatchObject([{ title: 'Llamo yo mañana a la clínica' }])
  })

  it('is no reason for a task, a decision or a question by itself', async () => {
    const alone = { evidence: [], quote: '', photos: [2], text: 'Quitar la mesa' }
    const { made } = await report({
      actions: [{ ...action, ...alone, title: 'Quitar la mesa' }],
      decisions: [alone],
      questions: [alone],
    })
    expect([...made.action_items, ...made.findings]).toEqual([])
    expect(made.analysis.dropped.photo).toBe(3)
  })

  it('cites no photo that does not exist, or shows something else', async () => {
    const { made } = await report({ decisions: [{ ...decision, photos: [1, 9] }] }, [FRAMES[0]!])
    expect(made.findings).toMatchObject([{ evidence: [idOf(3)] }])
  })

  it('carries no sentence by lettering alone', async () => {
    const { made } = await report({ points: [{ evidence: [], photos: [1], text: 'Sol 915551212 clínica.' }] })
    expect(made.summary).not.toContain('915551212')
  })

  it('is shown where it was taken, alike photos once, at most three a line', async () => {
    const many = Array.from({ length: 8 }, (_, i) =>
      photo(`f${i}`, 1, { description: i < 2 ? 'Una mesa con una jarra azul.' : `Cosa ${i} distinta numerada ${i * 7}` }),
    )
    const { llm } = await report({}, many)
    const prompt = JSON.stringify(llm.requests[0]!.messages)
    expect(prompt.match(/\[F\d+ /gu)).toEqual(['[F1 ', '[F3 ', '[F4 '])
    expect(prompt).toContain('shown, not said')
  })
})
