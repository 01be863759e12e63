import { describe, expect, it } from 'vitest'
import { IDLE, type LiveAction, reduceLive } from './live-state.ts'

const viewAfter = (...events: LiveAction[]) => events.reduce(reduceLive, IDLE)
const segment = (id: string, text: string, rev = 0, start = 0) => ({
  type: 'segment' as const,
  id,
  text,
  rev,
  start,
  end: start + 1,
})
const partial = (text: string, confirmed = 0) => ({
  type: 'partial_result' as const,
  utterance_id: 'u1',
  start: 0,
  text,
  confirmed,
})

describe('what the live page shows', () => {
  it('replaces pending text, and takes it away when its utterance is final', () => {
    expect(viewAfter(partial('ho'), partial('hola a', 4)).pending).toEqual({ utteranceId: 'u1', text: 'hola a', confirmed: 4 })
    expect(viewAfter(partial('hola'), segment('u1', 'hola')).pending).toBeNull()
    expect(viewAfter(partial('hola'), segment('u0', 'antes')).pending).not.toBeNull()
  })

  it('keeps lines in order of time and the newest revision of each', () => {
    const view = viewAfter(segment('b', 'dos', 0, 5), segment('a', 'uno'), segment('b', 'DOS', 1, 5), segment('b', 'viejo', 0, 5))
    expect(view.lines.map(({ text }) => text)).toEqual(['uno', 'DOS'])
  })

  it('tells how much audio waits while the connection is lost', () => {
    const view = viewAfter({ type: 'state', state: 'reconnecting', keptMs: 4200, retryInMs: 300 })
    expect(view).toMatchObject({ state: 'reconnecting', keptMs: 4200, retryInMs: 300 })
    expect(viewAfter({ type: 'audio_lost', ms: 10 }, { type: 'audio_lost', ms: 5 }).lostMs).toBe(15)
  })

  it('shows an answer as it comes, and of an interrupted one what was heard', () => {
    const view = viewAfter(
      { type: 'reply_started', reply_id: 1 },
      { type: 'reply_text', reply_id: 1, text: 'Son las' },
      { type: 'reply_text', reply_id: 1, text: 'tres.' },
      { type: 'reply_interrupted', reply_id: 1, heard_text: 'Son' },
    )
    expect(view.replies).toEqual([{ id: 1, text: 'Son las tres.', state: 'interrupted', heardText: 'Son' }])
  })

  it('keeps a danger until it was seen, once for each photo', () => {
    const alert = { type: 'alert' as const, what: 'cable', why: '', where: '', severity: 'high' as const, frame_id: 'f' }
    const view = viewAfter(alert, alert)
    expect(view.alerts).toHaveLength(1)
    expect(reduceLive(view, { type: 'alert_seen', id: view.alerts[0]!.id }).alerts).toEqual([])
  })

  it('takes an answer that was being spoken when the recording ended for interrupted', () => {
    const state = (name: 'live' | 'reconnecting' | 'finishing'): LiveAction => ({ type: 'state', state: name, keptMs: 0 })
    const before = viewAfter(
      { type: 'reply_started', reply_id: 1 },
      { type: 'reply_done', reply_id: 1, text: 'Hecho.' },
      { type: 'reply_started', reply_id: 2 },
      state('reconnecting'),
      state('live'),
    )
    expect(before.replies.map((reply) => reply.state)).toEqual(['done', 'speaking'])
    expect(reduceLive(before, state('finishing')).replies.map((reply) => reply.state)).toEqual(['done', 'interrupted'])
  })
})
