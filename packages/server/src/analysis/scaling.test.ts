import type { Segment } from '@vigia/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CueSet } from './cues.ts'
import { ES } from './cues-es.ts'
import { dateReference } from './dates.ts'
import { findDecisions, findQuestions, findRisks } from './findings.ts'
import { STARTED_AT, TIME_ZONE } from './fixtures/scripts.ts'
import { analyze } from './pipeline.ts'
import { Talk } from './talk.ts'
import { findTasks } from './tasks.ts'
import { type Clause, splitClauses } from './text/clauses.ts'
import { stem } from './text/stem.ts'

/** The cost of a report grows with the length of the talk: counted in clauses read and sets compared, never in time. */

afterEach(() => vi.restoreAllMocks())

/** A word of its own for each number: what is said never repeats, so that nothing merges. */
const word = (n: number): string => {
  const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'la', 'me', 'ni', 'po', 'ru']
  return `${[...String(n).padStart(5, '0')].map((digit) => syllables[Number(digit)]).join('')}z`
}

const LINES = [
  (n: number) => `Mañana te mando el ${word(n)} sin falta.`,
  (n: number) => `Decidimos comprar el ${word(n)} ${word(n + 1)} de la tienda.`,
  (n: number) => `El riesgo es que se rompa el ${word(n)} con la ${word(n + 1)}.`,
  (n: number) => `¿Quién trae el ${word(n)}?`,
  () => 'No lo sé.',
  (n: number) => `Al final mejor decidimos vender el ${word(n)} ${word(n + 1)}.`,
  (n: number) => `¿Puedes revisar el ${word(n)}?`,
  (n: number) => `Pues no pinto el ${word(n)}, ya no hace falta el ${word(n + 2)}.`,
]

const talkOf = (count: number): Segment[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `seg-${i}`,
    start: i * 5,
    end: i * 5 + 4,
    speaker: i % 2 === 0 ? 'S1' : 'S2',
    text: LINES[i % LINES.length]!(i * 3),
    rev: 1,
  }))

/** Everything that the extractors read of clauses and compare of stems, for a session of so many lines. */
async function costOf(count: number): Promise<{ reads: number; compared: number; claims: number }> {
  let reads = 0
  const clauses = new Proxy(splitClauses(talkOf(count)), {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/u.test(key)) reads++
      return Reflect.get(target, key, receiver) as Clause
    },
  })
  const compare = vi.spyOn(Set.prototype, 'intersection')
  const talk = new Talk(clauses, ES)
  const context = { talk, reference: dateReference(STARTED_AT, TIME_ZONE, 'es') }
  const tasks = await findTasks({ ...context, nameOf: new Map() })
  const found = [...findDecisions(context), ...findRisks(context), ...findQuestions(context)]
  const compared = compare.mock.calls.length
  compare.mockRestore()
  return { reads, compared, claims: tasks.length + found.length }
}

describe('the cost of a report by rules', () => {
  it('grows with the length of the talk, not with its square', async () => {
    const short = await costOf(300)
    const long = await costOf(1200)
    // The claims do grow, so that comparing each with each would show.
    expect(long.claims).toBeGreaterThan(3.5 * short.claims)
    expect(long.reads).toBeLessThan(4.4 * short.reads)
    expect(long.compared).toBeLessThan(5 * short.compared + 100)
  })

  it('is that of an index, which finds what comparing each with each finds', async () => {
    const segments = talkOf(160).map((segment, i) => (i % 5 === 0 ? { ...segment, text: LINES[1]!((i % 7) * 3) } : segment))
    const talk = new Talk(splitClauses(segments), ES)
    const settled = talk.clauses.filter((clause) => talk.isSettledLater(clause))
    const slow = talk.clauses.filter((clause) => isSettledSlowly(clause, talk.clauses, ES, talk))
    expect(settled.map(({ index }) => index)).toEqual(slow.map(({ index }) => index))
    expect(settled.length).toBeGreaterThan(0)
  })

  it('is paid for a session of very many segments too', async () => {
    const segments = Array.from({ length: 130_000 }, (_, i) => ({ id: `s${i}`, start: i, end: i + 1, text: '', rev: 1 }))
    const input = { sessionId: 's', language: 'es', startedAt: STARTED_AT, timeZone: TIME_ZONE, frames: [] }
    const report = await analyze({ ...input, segments, durationMs: 130_000_000 })
    expect(report.analysis.transcript_revision).toBe(1)
  })
})

function isSettledSlowly(clause: Clause, clauses: readonly Clause[], cues: CueSet, talk: Talk): boolean {
  const stems = talk.stemsOf(clause)
  if (stems.size < 2) return false
  return clauses.slice(clause.index + 1).some((later) => {
    if (later.question || cues.unknown.test(later.plain) || cues.decisionVeto.test(later.plain)) return false
    const decides = cues.decision.test(later.plain) || cues.settlesDate.test(later.plain)
    return decides && talk.stemsOf(later).intersection(stems).size >= 2
  })
}

it('words of the test are words of their own', () => {
  expect(new Set(Array.from({ length: 4000 }, (_, n) => stem(word(n), 'es'))).size).toBe(4000)
})
