import { describe, expect, it } from 'vitest'
import type { LiveSession, SessionListener } from '../../session/service.ts'
import { createFakeClock } from '../../std/fake-clock.ts'
import { DeepgramLive } from '../deepgram/live.ts'
import { modelInfo, readListen } from '../deepgram/options.ts'
import { GeminiLive } from '../gemini/live.ts'
import { RealtimeConnection } from '../openai/realtime/connection.ts'
import type { Asker } from './ask.ts'
import type { CompatDeps } from './deps.ts'
import { FieldLog } from './field-log.ts'
import type { Wire, WireListener } from './wire.ts'

/** Clients of the other APIs that send faster than the disk takes it. */

const MOST_BYTES = 4 * 1024 * 1024
const MESSAGE_BYTES = 256 * 1024
const caller = { owner: null, keep: true, sessionId: null }

function slowDisk() {
  const clock = createFakeClock()
  let tell: SessionListener = () => {}
  let isPaused = false
  let ended = 0
  const session = {
    id: 's',
    resumeToken: 't',
    receivedBytes: 0,
    receivedMs: 0,
    inflightBytes: 0,
    assistant: { activityStart: () => {}, activityEnd: () => {}, configure: () => {}, settings: {} },
    audio(bytes: Uint8Array) {
      session.inflightBytes += bytes.length
    },
    endpointing: () => {},
    detach: () => {},
    flush: async () => {},
    async end() {
      ended += 1
    },
  }
  const wire: Wire = {
    send: () => {},
    close: () => {},
    setPaused(paused) {
      isPaused = paused
    },
  }
  const deps = {
    clock,
    log: { error: () => {} },
    settings: { models: {} },
    engines: () => ({
      diarizer: null,
      llm: null,
      tts: null,
      liveAsr: { id: 'a', model: 'm', capabilities: { languages: ['es'] } },
    }),
    sessions: {
      async open(_config: unknown, _token: unknown, _owner: unknown, listener: SessionListener) {
        tell = listener
        return { session: session as unknown as LiveSession, limits: { max_inflight_bytes: MOST_BYTES } }
      },
    },
  } as unknown as CompatDeps
  return {
    wire,
    deps,
    session,
    isPaused: () => isPaused,
    ended: () => ended,
    settle: () => clock.advance(0),
    async synced() {
      session.inflightBytes = 0
      tell({ type: 'durable', receivedBytes: 0 } as never)
      await clock.advance(0)
    },
  }
}
type Disk = ReturnType<typeof slowDisk>

const common = { asker: {} as Asker, fields: new FieldLog({ debug: () => {}, info: () => {} } as never) }
const audio = Buffer.alloc(MESSAGE_BYTES).toString('base64')

/** How each API opens a session and sends one message of audio. */
const APIS: Record<string, (disk: Disk) => { live: WireListener; send: () => void }> = {
  Deepgram({ wire, deps }) {
    const head = { request_id: 'r', model_uuid: 'm', model_info: modelInfo('local', 'local') }
    const options = readListen({ encoding: 'linear16', sample_rate: '16000' })
    const live = new DeepgramLive({ wire, deps, caller, options, language: 'es', head })
    return { live, send: () => live.binary(Buffer.alloc(MESSAGE_BYTES)) }
  },
  'Gemini Live'({ wire, deps }) {
    const live = new GeminiLive({ wire, deps, ...common, admit: () => ({ caller, fixed: null }) })
    live.text(JSON.stringify({ setup: { model: 'models/x', generationConfig: { responseModalities: ['TEXT'] } } }))
    const message = JSON.stringify({ realtimeInput: { audio: { mimeType: 'audio/pcm;rate=16000', data: audio } } })
    return { live, send: () => live.text(message) }
  },
  'OpenAI Realtime'({ wire, deps }) {
    const type = 'transcription' as const
    const live = new RealtimeConnection({ wire, deps, ...common, caller, type, model: 'm', initial: null })
    return { live, send: () => live.text(JSON.stringify({ type: 'input_audio_buffer.append', audio })) }
  },
}

describe.each(Object.keys(APIS))('%s', (api) => {
  it('is read no further while too much waits for the disk, and on when it has been taken', async () => {
    const disk = slowDisk()
    const { send } = APIS[api]!(disk)
    for (let sent = 0; sent < 32; sent += 1) send()
    await disk.settle()
    expect(disk.isPaused()).toBe(true)
    expect(disk.session.inflightBytes).toBeGreaterThanOrEqual(MOST_BYTES)
    expect(disk.session.inflightBytes).toBeLessThanOrEqual(MOST_BYTES + MESSAGE_BYTES)
    await disk.synced()
    await disk.synced()
    await disk.synced()
    expect(disk.isPaused()).toBe(false)
  })

  it('that leaves meanwhile is let go', async () => {
    const disk = slowDisk()
    const { live, send } = APIS[api]!(disk)
    for (let sent = 0; sent < 32; sent += 1) send()
    await disk.settle()
    live.closed()
    await disk.settle()
    await disk.settle()
    expect(disk.ended()).toBe(1)
  })
})
