import { VigiaError } from '@vigia/protocol'
import { expect, it } from 'vitest'
import type { SessionEvent } from '../../../session/service.ts'
import { createFakeClock } from '../../../std/fake-clock.ts'
import type { Json } from '../../compat/read.ts'
import type { RealtimeContext } from './context.ts'
import { Items } from './items.ts'
import { Replies } from './replies.ts'
import { RespondingPart } from './responding.ts'
import { defaultSession, merged } from './session.ts'

function conversation() {
  const clock = createFakeClock()
  const sent: Json[] = []
  const send = (events: readonly Json[]): void => void sent.push(...events)
  let asked = 0
  const assistant = {
    settings: {},
    configure: () => {},
    respond() {
      asked += 1
    },
  }
  const detection = { turn_detection: { type: 'server_vad', idle_timeout_ms: 6000 } }
  const context = {
    options: { deps: { clock, engines: () => ({ llm: null }) }, type: 'realtime' },
    settings: merged(defaultSession('realtime', 'm', 0), { audio: { input: detection } }),
    items: new Items(),
    session: { receivedMs: 1000, assistant },
    open: async () => context.session,
    send,
  } as unknown as RealtimeContext
  const responding = new RespondingPart(context, new Replies(send), () => {})
  const tell = (...events: object[]): void => {
    for (const event of events) responding.take(event as SessionEvent)
  }
  const done = () => sent.filter(({ type }) => type === 'response.done').map(({ response }) => (response as Json).status)
  return { clock, responding, tell, sent, done, asked: () => asked }
}

const begun = (replyId: number) => [
  { type: 'reply_started', replyId },
  { type: 'reply_text', replyId, fragment: 0, text: 'Hola.' },
]

it('does not take it for silence when the user goes on speaking behind the answer that they stopped', async () => {
  const { clock, responding, tell, done, asked } = conversation()
  tell(...begun(1))
  responding.speech(true)
  tell({ type: 'reply_interrupted', replyId: 1, heardText: 'Hola.', playedMs: 100, reason: 'barge_in' })
  expect(done()).toEqual(['cancelled'])
  await clock.advance(20_000)
  expect(asked()).toBe(0)
  responding.speech(false)
  responding.waitForSpeech()
  await clock.advance(6000)
  expect(asked()).toBe(1)
})

it('ends a response whose answer was stopped before it began, and no other', async () => {
  const { responding, tell, done, sent } = conversation()
  const stopped = (replyId: number) => ({ type: 'decision', decision: 'cancel_reply', reason: 'barge_in', replyId })
  await responding.create({})
  tell(stopped(1))
  expect(done()).toEqual(['cancelled'])
  tell(...begun(2), stopped(2))
  expect(done()).toEqual(['cancelled'])
  tell({ type: 'reply_interrupted', replyId: 2, heardText: '', playedMs: 0, reason: 'barge_in' }, stopped(3))
  expect(done()).toEqual(['cancelled', 'cancelled'])
  expect(sent.filter(({ type }) => type === 'response.created')).toHaveLength(2)
})

it('ends the response behind a function whose answer was stopped before its first word', async () => {
  const { responding, tell, done } = conversation()
  tell({ type: 'tool_call', replyId: 1, callId: 'c', name: 'luz', arguments: {} }, { type: 'reply_text', replyId: 0 })
  expect(done()).toEqual(['completed'])
  await responding.create({})
  tell({ type: 'decision', decision: 'cancel_reply', reason: 'barge_in', replyId: 1 })
  expect(done()).toEqual(['completed', 'cancelled'])
})

it('tells what fails: with the response that it ends, else by itself', async () => {
  const { responding, tell, done, sent } = conversation()
  const error = new VigiaError('storage_full', 'The disk is full.')
  await responding.create({})
  tell({ type: 'error', error })
  expect(done()).toEqual(['failed'])
  expect(sent.filter(({ type }) => type === 'error')).toEqual([])
  tell({ type: 'error', error })
  expect(done()).toEqual(['failed'])
  expect(sent.filter(({ type }) => type === 'error')).toMatchObject([{ error: { type: 'server_error', event_id: null } }])
})
