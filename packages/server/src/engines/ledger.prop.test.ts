import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ledger, type LedgerLimits, type LedgerModel, nextVariant } from './ledger.ts'

const NAMES = ['vad', 'asr', 'live', 'llm', 'vlm', 'tts']

const models = fc.tuple(
  ...NAMES.map((id) =>
    fc.record({
      id: fc.constant(id),
      need: fc.record({ ramMb: fc.integer({ min: 0, max: 6000 }), vramMb: fc.integer({ min: 0, max: 7000 }) }),
      priority: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('pinned' as const)),
    }),
  ),
)
const limits: fc.Arbitrary<LedgerLimits> = fc.record({
  ramMb: fc.integer({ min: 0, max: 16_000 }),
  vramMb: fc.integer({ min: 0, max: 12_000 }),
  unified: fc.boolean(),
})
/** A script for a fake engine room: who is wanted, what happens to the load, who is used, who dies. */
const script = fc.array(
  fc.record({
    id: fc.constantFrom(...NAMES),
    act: fc.constantFrom('want', 'want', 'want', 'acquire', 'release', 'die'),
    fails: fc.boolean(),
    freeVramMb: fc.option(fc.integer({ min: 0, max: 12_000 }), { nil: undefined }),
  }),
  { maxLength: 60 },
)

interface Seen {
  ledger: Ledger
  inUse: Map<string, number>
}

function within({ limits, used }: { limits: LedgerLimits; used: { ramMb: number; vramMb: number } }): boolean {
  if (limits.unified) return used.ramMb + used.vramMb <= limits.ramMb
  return used.ramMb <= limits.ramMb && used.vramMb <= limits.vramMb
}

/** Plays a script as the runner would, and checks after each step. */
function play(
  all: readonly LedgerModel[],
  limit: LedgerLimits,
  steps: readonly { id: string; act: string; fails: boolean; freeVramMb: number | undefined }[],
  check: (seen: Seen, evicted: string[]) => void,
): void {
  const ledger = new Ledger(limit)
  for (const model of all) ledger.register(model)
  const inUse = new Map<string, number>()
  steps.forEach(({ id, act, fails, freeVramMb }, nowMs) => {
    const evicted: string[] = []
    if (act === 'want') {
      const plan = ledger.plan(id, { vramMb: freeVramMb })
      if (plan.action === 'load') {
        for (const gone of plan.evict) {
          ledger.leaving(gone)
          ledger.left(gone)
          evicted.push(gone)
        }
        ledger.loading(id)
        if (fails) ledger.left(id)
        else ledger.loaded(id, nowMs)
      }
    } else if (act === 'acquire' && ledger.stateOf(id) === 'in') {
      ledger.acquire(id, nowMs)
      inUse.set(id, (inUse.get(id) ?? 0) + 1)
    } else if (act === 'release' && (inUse.get(id) ?? 0) > 0) {
      ledger.release(id, nowMs)
      inUse.set(id, inUse.get(id)! - 1)
    } else if (act === 'die' && ledger.stateOf(id) === 'in') {
      ledger.left(id)
      inUse.delete(id)
    }
    check({ ledger, inUse }, evicted)
  })
}

describe('the memory ledger', () => {
  it('never holds more than there is', () => {
    fc.assert(
      fc.property(models, limits, script, (all, limit, steps) => {
        play(all, limit, steps, ({ ledger }) => expect(within({ limits: limit, used: ledger.used() })).toBe(true))
      }),
    )
  })

  it('never takes out what is in use or pinned', () => {
    fc.assert(
      fc.property(models, limits, script, (all, limit, steps) => {
        play(all, limit, steps, ({ inUse }, evicted) => {
          for (const id of evicted) {
            expect(inUse.get(id) ?? 0).toBe(0)
            expect(all.find((model) => model.id === id)!.priority).not.toBe('pinned')
          }
        })
      }),
    )
  })

  it('takes out no more than it must: leaving out any one of them would not be enough', () => {
    fc.assert(
      fc.property(models, limits, script, (all, limit, steps) => {
        const ledger = new Ledger(limit)
        for (const model of all) ledger.register(model)
        steps.forEach(({ id }, nowMs) => {
          const plan = ledger.plan(id)
          if (plan.action !== 'load') return
          const need = all.find((model) => model.id === id)!.need
          for (const spared of plan.evict) {
            const used = ledger.used()
            for (const gone of plan.evict.filter((other) => other !== spared)) {
              const { ramMb, vramMb } = all.find((model) => model.id === gone)!.need
              used.ramMb -= ramMb
              used.vramMb -= vramMb
            }
            expect(within({ limits: limit, used: { ramMb: used.ramMb + need.ramMb, vramMb: used.vramMb + need.vramMb } })).toBe(
              false,
            )
          }
          for (const gone of plan.evict) {
            ledger.leaving(gone)
            ledger.left(gone)
          }
          ledger.loading(id)
          ledger.loaded(id, nowMs)
        })
      }),
    )
  })

  it('refuses only what cannot fit, and waits only for what is in use or on its way', () => {
    fc.assert(
      fc.property(models, limits, script, (all, limit, steps) => {
        play(all, limit, steps, ({ ledger, inUse }) => {
          for (const { id, need } of all) {
            const plan = ledger.plan(id)
            if (plan.action === 'wait') {
              expect(plan.for.length).toBeGreaterThan(0)
              expect(plan.for.every((busy) => (inUse.get(busy) ?? 0) > 0 || ledger.stateOf(busy) !== 'in')).toBe(true)
            }
            if (plan.action !== 'refuse') continue
            const pinned = all.filter(
              (model) => model.priority === 'pinned' && model.id !== id && ledger.stateOf(model.id) === 'in',
            )
            const used = pinned.reduce(
              (sum, model) => ({ ramMb: sum.ramMb + model.need.ramMb, vramMb: sum.vramMb + model.need.vramMb }),
              need,
            )
            expect(within({ limits: limit, used })).toBe(false)
          }
        })
      }),
    )
  })

  it('lets the least important go first, among equals the longest unused', () => {
    const ledger = new Ledger({ ramMb: 10, vramMb: 0, unified: false })
    const model = (id: string, priority: number): LedgerModel => ({ id, need: { ramMb: 5, vramMb: 0 }, priority })
    for (const one of [model('a', 2), model('b', 1), model('c', 1), model('d', 9)]) ledger.register(one)
    for (const [at, id] of ['b', 'c'].entries()) {
      ledger.loading(id)
      ledger.loaded(id, at)
    }
    ledger.acquire('b', 5)
    ledger.release('b', 6)
    expect(ledger.plan('d')).toEqual({ action: 'load', evict: ['c'] })
    expect(ledger.idleFor(5, 6)).toEqual(['c'])
  })

  it('believes the machine when it has less free than the ledger thinks', () => {
    const ledger = new Ledger({ ramMb: 0, vramMb: 12_000, unified: false })
    ledger.register({ id: 'llm', need: { ramMb: 0, vramMb: 6000 }, priority: 1 })
    expect(ledger.plan('llm', { vramMb: 4000 })).toEqual({ action: 'refuse', reason: expect.stringContaining('4000 can be had') })
    expect(ledger.plan('llm', { vramMb: 6000 })).toEqual({ action: 'load', evict: [] })
  })

  it('counts graphics memory against the one memory of a Jetson', () => {
    const ledger = new Ledger({ ramMb: 5000, vramMb: 0, unified: true })
    ledger.register({ id: 'vlm', need: { ramMb: 0, vramMb: 2600 }, priority: 1 })
    ledger.register({ id: 'asr', need: { ramMb: 1550, vramMb: 0 }, priority: 2 })
    ledger.register({ id: 'llm', need: { ramMb: 0, vramMb: 3000 }, priority: 1 })
    for (const id of ['vlm', 'asr']) {
      expect(ledger.plan(id)).toEqual({ action: 'load', evict: [] })
      ledger.loading(id)
      ledger.loaded(id, 0)
    }
    expect(ledger.plan('llm')).toEqual({ action: 'load', evict: ['vlm'] })
  })
})

it('tries a model that ran out of memory smaller, then on the CPU, then gives up', () => {
  expect(nextVariant('full', ['smaller', 'cpu'])).toBe('smaller')
  expect(nextVariant('smaller', ['smaller', 'cpu'])).toBe('cpu')
  expect(nextVariant('full', ['cpu'])).toBe('cpu')
  expect(nextVariant('cpu', ['smaller', 'cpu'])).toBeNull()
})
