import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import { TurnModel } from './model.ts'
import { generation, type TurnEffect, type TurnInput } from './types.ts'

/** Random conversations against the core: whatever comes in whatever order, the laws of turn-taking hold. */

const TEXTS = ['hola', 'qué hora es', 'ajá', 'eh', 'para', 'vigía qué ves', 'y además otra cosa', '', 'veo una mesa grande']

type Act =
  | {
      do: 'start' | 'pause' | 'resume' | 'stop' | 'interim' | 'final' | 'nothing' | 'unreliable'
      text: string
      voice: Familiarity | null
    }
  | { do: 'judged' | 'addressed' | 'audible' | 'spoke' | 'complete' | 'finished' | 'stale'; p: number }
  | { do: 'wait'; ms: number }
  | { do: 'typed' | 'respond' | 'interrupt' | 'down' | 'up' | 'detach' | 'attach' | 'tool' | 'tool_committed' | 'tool_done' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('start', 'pause', 'resume', 'stop', 'interim', 'final', 'nothing', 'unreliable'),
      text: fc.constantFrom(...TEXTS),
      voice: fc.constantFrom(null, null, 'enrolled', 'stranger'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('judged', 'addressed', 'audible', 'spoke', 'complete', 'finished', 'stale'),
      p: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 0, max: 4000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'typed',
        'respond',
        'interrupt',
        'down',
        'up',
        'detach',
        'attach',
        'tool',
        'tool_committed',
        'tool_done',
      ),
    }),
  },
) as fc.Arbitrary<Act>

const settings = fc.record({
  listen: fc.constantFrom('conversation', 'always_on', 'push_to_talk'),
  turnDetection: fc.constantFrom('auto', 'auto', 'manual'),
  autoReply: fc.constantFrom(true, true, false),
  bargeIn: fc.constantFrom(true, true, false),
  aec: fc.constantFrom('active', 'none', 'unknown'),
  speculate: fc.boolean(),
})

/** The outside world: utterances that are open, questions that wait, what was seen. */
class World {
  readonly model: TurnModel
  #utterances = 0
  open: string | null = null
  pending: string[] = []
  readonly finals = new Map<string, string>()
  readonly accounted = new Set<string>()
  readonly asked: { type: 'ask_judge' | 'ask_addressed'; turn: never; revision: number }[] = []
  readonly dead = new Set<number>()
  highest = 0

  constructor(with_: object) {
    this.model = new TurnModel(with_, undefined, (effect) => this.#check(effect))
  }

  #check(effect: TurnEffect): void {
    if (effect.type === 'ask_judge' || effect.type === 'ask_addressed') this.asked.push(effect as never)
    if (effect.type === 'start_reply') {
      expect(effect.generation, 'generations rise').toBeGreaterThan(this.highest)
      this.highest = effect.generation
    }
    if (effect.type === 'start_reply' || effect.type === 'release_reply' || effect.type === 'resume_output') {
      expect(this.dead.has(effect.generation), `${effect.type} of a cancelled answer`).toBe(false)
      expect(effect.generation, 'only the newest answer sounds').toBe(this.highest)
    }
    if (effect.type === 'cancel_reply') this.dead.add(effect.generation)
    if (effect.type === 'commit_turn' || effect.type === 'ignore_turn') for (const id of effect.utterances) this.accounted.add(id)
    if (effect.type === 'decision') {
      expect(effect.reason, `decision ${effect.decision} says why`).not.toBe('')
    }
  }

  say(input: TurnInput): void {
    this.model.input(input)
  }

  do(act: Act): void {
    const reply = this.model.state.reply
    const g = reply?.generation ?? generation(0)
    switch (act.do) {
      case 'start':
        if (this.open) return
        this.open = `u${++this.#utterances}`
        this.pending.push(this.open)
        this.say({ type: 'speech_started', utteranceId: this.open, startMs: this.model.nowMs })
        return
      case 'pause':
        if (this.open) this.say({ type: 'pause', speechEndMs: this.model.nowMs })
        return
      case 'resume':
        if (this.open) this.say({ type: 'resume' })
        return
      case 'stop':
        if (this.open) this.say({ type: 'speech_stopped', speechEndMs: this.model.nowMs })
        this.open = null
        return
      case 'interim': {
        const id = this.pending.at(-1)
        if (id) this.say({ type: 'interim', utteranceId: id, text: act.text })
        return
      }
      case 'final':
      case 'nothing':
      case 'unreliable': {
        const id = this.pending.find((one) => one !== this.open)
        if (!id) return
        this.pending = this.pending.filter((one) => one !== id)
        if (act.do === 'nothing' || act.text === '') {
          this.say({ type: 'utterance_done', utteranceId: id })
          return
        }
        const unreliable = act.do === 'unreliable'
        if (!unreliable) this.finals.set(id, act.text)
        this.say({ type: 'final', utteranceId: id, text: act.text, unreliable, familiarity: act.voice })
        return
      }
      case 'judged': {
        const ask = this.asked.findLast((one) => one.type === 'ask_judge')
        if (ask) this.say({ type: 'judged', turn: ask.turn, revision: ask.revision, probability: act.p })
        return
      }
      case 'addressed': {
        const ask = this.asked.findLast((one) => one.type === 'ask_addressed')
        if (ask) this.say({ type: 'addressed', turn: ask.turn, revision: ask.revision, addressed: act.p > 0.5, reason: 'judge' })
        return
      }
      case 'audible':
        this.say({ type: 'reply_audible', generation: g })
        return
      case 'spoke':
        this.say({ type: 'reply_spoke', generation: g, text: 'veo una mesa grande' })
        return
      case 'complete':
        this.say({ type: 'reply_complete', generation: g })
        return
      case 'finished':
        this.say({ type: 'reply_finished', generation: g })
        return
      case 'stale': {
        const before = this.model.state
        this.say({ type: 'reply_finished', generation: generation(Math.max(0, g - 1)) })
        if (g > 0) expect(this.model.state.reply, 'an older answer changes nothing').toBe(before.reply)
        return
      }
      case 'wait':
        this.model.advance(act.ms)
        return
      case 'typed':
        this.say({ type: 'typed', text: 'escrito' })
        return
      case 'respond':
        this.say({ type: 'respond' })
        return
      case 'interrupt':
        this.say({ type: 'interrupt', reason: 'client' })
        expect(this.model.state.reply).toBeNull()
        return
      case 'down':
        this.say({ type: 'activity_start' })
        return
      case 'up':
        this.say({ type: 'activity_end' })
        return
      case 'detach':
        this.say({ type: 'detached' })
        return
      case 'attach':
        this.say({ type: 'attached' })
        return
      case 'tool':
        this.say({ type: 'tool_started', generation: g, callId: 'c1', effect: 'mutating' })
        return
      case 'tool_committed':
        this.say({ type: 'tool_committed', generation: g, callId: 'c1' })
        return
      case 'tool_done':
        this.say({ type: 'tool_finished', generation: g, callId: 'c1' })
        return
    }
  }

  /** Everybody is silent and every engine answers. */
  settle(): void {
    this.do({ do: 'attach' })
    this.do({ do: 'stop', text: '', voice: null })
    this.do({ do: 'up' })
    for (let round = 0; round < 8; round += 1) {
      while (this.pending.length > 0) this.do({ do: 'final', text: 'y una cosa más', voice: null })
      this.do({ do: 'addressed', p: 1 })
      this.model.advance(5000)
      this.do({ do: 'complete', p: 0 })
      this.do({ do: 'finished', p: 0 })
    }
  }
}

describe('turn core, model-checked', () => {
  const runs = Number(process.env.VIGIA_PROPERTY_RUNS ?? 1500)
  const worlds = fc.tuple(settings, fc.array(act, { minLength: 5, maxLength: 60 }))

  it('lets no output of an older answer follow, and every decision says why', () => {
    fc.assert(
      fc.property(worlds, ([with_, acts]) => {
        const world = new World(with_)
        for (const one of acts) world.do(one)
      }),
      { numRuns: runs },
    )
  })

  it('always comes back to listening when everybody is silent', () => {
    fc.assert(
      fc.property(worlds, ([with_, acts]) => {
        const world = new World(with_)
        for (const one of acts) world.do(one)
        world.settle()
        const { reply, onset, turn } = world.model.state
        expect({ reply, onset, phase: turn?.phase ?? 'settled' }).toEqual({ reply: null, onset: null, phase: 'settled' })
        expect(world.model.timers.size).toBe(0)
      }),
      { numRuns: runs },
    )
  })

  it('loses no final text: each is in a turn, is ignored with a reason, or was said while nobody listened', () => {
    fc.assert(
      fc.property(worlds, ([with_, acts]) => {
        const world = new World(with_)
        for (const one of acts) world.do(one)
        world.settle()
        const deaf = world.model
          .all('decision')
          .filter((one) => one.decision === 'not_listening' || one.decision === 'late_final')
        const lost = [...world.finals.keys()].filter((id) => !world.accounted.has(id))
        expect(lost.length, `lost ${lost.join(' ')}`).toBeLessThanOrEqual(deaf.length)
      }),
      { numRuns: runs },
    )
  })
})
