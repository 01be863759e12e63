import { describe, expect, it } from 'vitest'
import { TurnModel } from './model.ts'
import type { TurnEffect, TurnSettings } from './types.ts'
import { familiarityOf } from './user-turn.ts'

/** Single decisions of the core, with the words that lead to them. */

function spoken(
  settings: Partial<TurnSettings>,
  text: string,
  unreliable = false,
  familiarity: 'enrolled' | 'stranger' | null = null,
): TurnModel {
  const model = new TurnModel(settings)
  model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
  model.advance(1000)
  model.input({ type: 'pause', speechEndMs: 800 })
  const ask = model.all('ask_judge').at(-1)!
  model.input({ type: 'judged', turn: ask.turn, revision: 0, probability: 0.9 })
  model.advance(600)
  model.input({ type: 'final', utteranceId: 'u1', text, unreliable, familiarity })
  return model
}

describe('the end of a turn', () => {
  it('comes the minimum delay after the last sound when the turn sounds complete', () => {
    const model = spoken({}, 'qué hora es')
    const end = model.effects.find(({ effect }) => effect.type === 'decision' && effect.decision === 'turn_end')
    expect(end?.atMs).toBe(1300)
    expect(model.all('commit_turn')).toMatchObject([{ text: 'qué hora es', revision: 0 }])
    expect(model.all('end_utterance').length).toBe(1)
  })

  it('comes the maximum delay after it when it does not, or nobody judges', () => {
    for (const probability of [0.1, null]) {
      const model = new TurnModel()
      model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
      model.advance(1000)
      model.input({ type: 'pause', speechEndMs: 800 })
      const ask = model.all('ask_judge').at(-1)!
      if (probability !== null) model.input({ type: 'judged', turn: ask.turn, revision: 0, probability })
      model.advance(5000)
      const end = model.effects.find(({ effect }) => effect.type === 'decision' && effect.decision === 'turn_end')
      expect(end?.atMs).toBe(3300)
    }
  })

  it('waits longer for a speaker who pauses inside turns', () => {
    const model = new TurnModel()
    model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
    for (let i = 0; i < 4; i += 1) {
      const endMs = model.nowMs
      model.input({ type: 'pause', speechEndMs: endMs })
      model.advance(900)
      model.input({ type: 'resume' })
      model.advance(500)
    }
    const endMs = model.nowMs
    model.input({ type: 'pause', speechEndMs: endMs })
    expect(model.timers.get('min')! - endMs).toBeGreaterThan(900)
  })
})

describe('who was meant', () => {
  it.each([
    ['conversation', 'qué hora es', true],
    ['conversation', 'eh', false],
    ['conversation', 'ajá', false],
    ['conversation', 'oye maría ven un momento', false],
    ['conversation', 'oye vigía ven un momento', true],
    ['always_on', 'vigía qué hora es', true],
    ['always_on', 'qué ves vigía', true],
  ] as const)('%s: "%s" → %s', (listen, text, answered) => {
    const model = spoken({ listen }, text)
    expect(model.all('commit_turn').length).toBe(answered ? 1 : 0)
    expect(model.all('ignore_turn').length).toBe(answered ? 0 : 1)
  })

  it.each(['la vigía es un programa de ordenador', 'vigía es un programa', 'hablamos de vigía'])(
    'in open talk "%s" only mentions the name, and a judge is asked',
    (text) => {
      const model = spoken({ listen: 'always_on' }, text)
      expect(model.all('ask_addressed').length).toBe(1)
      expect(model.all('start_reply')).toEqual([])
    },
  )

  it.each([
    ['conversation', 'stranger', 'qué hora es', 0, 'a voice that is not enrolled'],
    ['conversation', 'stranger', 'vigía qué hora es', 1, 'called by name'],
    ['conversation', 'enrolled', 'qué hora es', 1, 'conversation, an enrolled voice'],
    ['conversation', null, 'qué hora es', 1, 'conversation'],
    ['always_on', 'stranger', 'qué hora es', 0, 'a voice that is not enrolled'],
  ] as const)('%s, voice: %s: "%s" → %i answers (%s)', (listen, familiarity, text, answers, reason) => {
    const model = spoken({ listen }, text, false, familiarity)
    expect(model.all('commit_turn').length).toBe(answers)
    expect(model.all('decision').map((decision) => decision.reason)).toContain(reason)
  })

  it('asks the judge about an enrolled voice in open talk, and tells it whose voice it is', () => {
    expect(spoken({ listen: 'always_on' }, 'qué hora es', false, 'enrolled').all('ask_addressed')).toMatchObject([
      { familiarity: 'enrolled' },
    ])
  })

  it('takes a turn for an enrolled voice when one of its utterances is, and never silences what cannot be told', () => {
    const said = (...voices: ('enrolled' | 'stranger' | null)[]) =>
      familiarityOf(voices.map((familiarity, i) => ({ id: `u${i}`, text: 'hola', done: true, unreliable: false, familiarity })))
    expect(said('stranger', 'enrolled')).toBe('enrolled')
    expect(said('stranger', null)).toBeNull()
    expect(said('stranger', 'stranger')).toBe('stranger')
    expect(said()).toBeNull()
  })

  it('lets an answer go on when a stranger has spoken over it', () => {
    const model = new TurnModel()
    model.input({ type: 'typed', text: 'cuéntame algo' })
    const { generation } = model.all('start_reply')[0]!
    model.input({ type: 'reply_audible', generation })
    model.advance(3000)
    model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 3000 })
    model.advance(1800)
    model.input({ type: 'speech_stopped', speechEndMs: 4700 })
    const text = 'los precios bajan mañana'
    model.input({ type: 'final', utteranceId: 'u1', text, unreliable: false, familiarity: 'stranger' })
    expect(model.all('cancel_reply')).toEqual([])
    expect(model.all('ignore_turn')).toMatchObject([{ reason: 'other_person' }])
    expect(model.all('resume_output').length).toBe(1)
  })

  it('lets an engine that hears by itself answer what the recognizer does not trust', () => {
    expect(spoken({}, 'xk dfg', true).all('ignore_turn')).toMatchObject([{ reason: 'unreliable' }])
    expect(spoken({ omni: true }, 'xk dfg', true).all('start_reply').length).toBe(1)
  })
})

describe('a speculative answer', () => {
  it('is begun on a likely end and let out when the words stayed', () => {
    const model = new TurnModel()
    model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
    model.input({ type: 'interim', utteranceId: 'u1', text: 'qué hora es' })
    model.advance(1000)
    model.input({ type: 'pause', speechEndMs: 900 })
    const ask = model.all('ask_judge').at(-1)!
    model.input({ type: 'judged', turn: ask.turn, revision: 0, probability: 0.9 })
    expect(model.all('start_reply')).toMatchObject([{ generation: 1, speculative: true }])
    model.advance(500)
    model.input({ type: 'final', utteranceId: 'u1', text: '¿Qué hora es?', unreliable: false })
    expect(model.all('release_reply')).toMatchObject([{ generation: 1 }])
  })

  it('is thrown away when the words changed', () => {
    const model = new TurnModel()
    model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
    model.input({ type: 'interim', utteranceId: 'u1', text: 'qué hora' })
    model.advance(1000)
    model.input({ type: 'pause', speechEndMs: 900 })
    const ask = model.all('ask_judge').at(-1)!
    model.input({ type: 'judged', turn: ask.turn, revision: 0, probability: 0.9 })
    model.advance(500)
    model.input({ type: 'final', utteranceId: 'u1', text: 'qué horario tiene el museo', unreliable: false })
    expect(model.all('cancel_reply')).toMatchObject([{ generation: 1 }])
    expect(model.all('start_reply').at(-1)).toMatchObject({ generation: 2, speculative: false })
  })
})

describe('tools at an interruption', () => {
  const running = (committed: boolean): TurnModel => {
    const model = new TurnModel()
    model.input({ type: 'typed', text: 'enciende la luz' })
    const { generation } = model.all('start_reply')[0]!
    model.input({ type: 'tool_started', generation, callId: 'c', effect: 'mutating' })
    if (committed) model.input({ type: 'tool_committed', generation, callId: 'c' })
    model.input({ type: 'interrupt', reason: 'client' })
    return model
  }

  it('are cancelled before their commit point and let go on behind it', () => {
    expect(running(false).all('cancel_tools')).toMatchObject([{ callIds: ['c'] }])
    expect(running(true).all('cancel_tools')).toEqual([])
    expect(running(true).all('detach_tools')).toMatchObject([{ callIds: ['c'] }])
  })
})

it('ends a turn that goes on after the button went up: no button will end it again', () => {
  const effects: TurnEffect[] = []
  const model = new TurnModel({ listen: 'conversation', turnDetection: 'auto' }, undefined, (effect) => effects.push(effect))
  model.input({ type: 'activity_start' })
  model.input({ type: 'speech_started', utteranceId: 'u1', startMs: 0 })
  model.input({ type: 'activity_end' })
  model.input({ type: 'speech_stopped', speechEndMs: 0 })
  model.input({ type: 'speech_started', utteranceId: 'u2', startMs: 0 })
  model.input({ type: 'speech_stopped', speechEndMs: 0 })
  for (const utteranceId of ['u1', 'u2']) model.input({ type: 'final', utteranceId, text: 'qué hora es', unreliable: false })
  model.advance(10_000)
  expect(effects.find((effect) => effect.type === 'commit_turn')).toMatchObject({ utterances: ['u1', 'u2'] })
})
