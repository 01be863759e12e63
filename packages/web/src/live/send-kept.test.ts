import { VigiaError } from '@vigia/client'
import type { ErrorCode } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { sendKept } from './send-kept.ts'

const kept = (sessionId: string) => ({ sessionId, resumeToken: 't', url: '', config: {}, lostBelow: 0, savedAt: 0 })

async function run(answers: Record<string, ErrorCode | null>) {
  const [sent, cleared]: [string[], string[]] = [[], []]
  const result = await sendKept(Object.keys(answers).map(kept), {
    async send({ sessionId }) {
      sent.push(sessionId)
      const code = answers[sessionId]
      if (code) throw new VigiaError(code, code)
    },
    async clear(sessionId) {
      cleared.push(sessionId)
    },
  })
  return { sent, cleared, left: result.left.map(({ sessionId }) => sessionId), error: result.error }
}

it('sends each, and goes on behind one that fails', async () => {
  expect(await run({ a: null, b: 'internal', c: null })).toMatchObject({ sent: ['a', 'b', 'c'], left: ['b'] })
})

it.each(['unauthorized', 'session_superseded', 'resume_denied', 'storage_full'] as const)(
  'keeps the audio where the server refuses it with %s: it is nowhere else',
  async (code) => {
    expect(await run({ a: code })).toMatchObject({ cleared: [], left: ['a'], error: { code } })
  },
)

it.each(['session_not_found', 'session_not_live'] as const)('lets go of what the server never takes: %s', async (code) => {
  expect(await run({ a: code, b: null })).toEqual({ sent: ['a', 'b'], cleared: ['a'], left: [], error: null })
})
