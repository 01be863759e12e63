import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Item } from './check.ts'
import { limitActions, mergeItems } from './merge.ts'

const item = (kind: Item['kind'], at: number, confidence: number): Item => ({
  kind,
  text: `${kind} ${at}`,
  description: '',
  steps: [],
  why: '',
  severity: null,
  source: 'said',
  owner: null,
  due: null,
  evidence: [`s${at}`],
  photos: [],
  quote: '',
  confidence,
  at,
})

it('a decision that takes another back is not joined with it', () => {
  const first = { ...item('decision', 1, 0.8), text: 'Mudarnos a la oficina de Oporto' }
  const again = { ...first, evidence: ['s5'], at: 5 }
  const revoked = { ...first, text: 'Anulamos mudarnos a la oficina de Oporto', evidence: ['s9'], at: 9 }
  const isRevocation = ({ at }: Item) => at === 9
  const { items } = mergeItems([first, again, revoked], 'es', isRevocation)
  expect(items.map(({ at, evidence }) => [at, evidence])).toEqual([
    [1, ['s1', 's5']],
    [9, ['s9']],
  ])
  expect(mergeItems([first, revoked], 'es').items).toHaveLength(2)
})

const talk = fc.array(fc.tuple(fc.constantFrom('action', 'risk'), fc.integer({ min: 0, max: 10 })), { maxLength: 60 })

it('of too many actions the surest stay, in order, the next are suggested, and the rest is counted', () => {
  fc.assert(
    fc.property(talk, fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 3_600_000 }), (raw, words, durationMs) => {
      const items = raw.map(([kind, tenths], at) => item(kind as Item['kind'], at, tenths / 10))
      const actions = items.filter(({ kind }) => kind === 'action')
      const most = Math.max(3, Math.ceil(durationMs / 300_000), Math.ceil(words / 60))
      const { items: left, suggested, dropped } = limitActions(items, durationMs, words)
      const kept = left.filter(({ kind }) => kind === 'action')
      expect(kept).toHaveLength(Math.min(most, actions.length))
      expect(kept.length + suggested.length + dropped.length).toBe(actions.length)
      expect(dropped.length > 0 ? suggested.length : 30).toBe(30)
      expect(left.filter(({ kind }) => kind === 'risk')).toEqual(items.filter(({ kind }) => kind === 'risk'))
      for (const list of [left, suggested])
        expect(list.map(({ at }) => at)).toEqual(list.map(({ at }) => at).sort((a, b) => a - b))
      const least = Math.min(1, ...kept.map(({ confidence }) => confidence))
      for (const { confidence } of suggested) expect(confidence).toBeLessThanOrEqual(least)
    }),
    { numRuns: 60 },
  )
})
