import { randomUUID } from 'node:crypto'
import { type Segment, VigiaError } from '@vigia/protocol'
import type { SessionEvent } from '../../session/service.ts'
import { type AudioUpload, inspectAudio } from './audio-upload.ts'
import type { Caller, CompatDeps } from './deps.ts'
import { languageFor } from './language.ts'

/** A recording in one request: stored as a session like any other, its transcript awaited. */

export interface TranscriptionRequest extends AudioUpload {
  language?: string | undefined
  diarize: boolean
  /** Words that the recognizer should expect. */
  hotwords?: string[] | undefined
  /** For the session's title. */
  name?: string | undefined
}

export interface FinishedTranscript {
  sessionId: string
  durationMs: number
  /** What counts, in order; times in seconds. */
  segments: Segment[]
  text: string
  /** As the recognizer was asked, or as it told. */
  language: string
}

const PIECE_BYTES = 256 * 1024

/**
 * Stores the recording as a session, analyses it, and gives the transcript as soon as it is final. A caller that opted out leaves
 * nothing behind.
 *
 * @throws VigiaError `invalid_audio`, `unsupported_codec`, `language_not_supported`, `session_limit`, what recognition failed with
 */
export async function transcribeUpload(
  request: TranscriptionRequest,
  caller: Caller,
  deps: Pick<CompatDeps, 'sessions' | 'engines'>,
  signal: AbortSignal,
): Promise<FinishedTranscript> {
  const { sessions, engines } = deps
  const language = languageFor(request.language, engines().finalAsr.capabilities)
  const format = await inspectAudio(request)
  const sessionId = randomUUID()
  const result = awaitFinal(sessionId, deps, signal)
  result.final.catch(() => {})
  try {
    await sessions.ingest({
      bytes: pieces(request.bytes),
      ...(request.name ? { name: request.name } : {}),
      encoding: format.encoding,
      sampleRate: format.sampleRate,
      channels: format.channels,
      language,
      diarize: request.diarize,
      analyze: caller.keep,
      keep: caller.keep,
      interactive: true,
      ...(request.hotwords?.length ? { hotwords: request.hotwords } : {}),
      owner: caller.owner,
      sessionId,
    })
    const { text, durationMs, segments } = await result.final
    if (durationMs === 0) throw new VigiaError('invalid_audio', 'Nothing of the audio could be decoded.')
    const counting = segments.filter((segment) => !segment.excluded)
    return {
      sessionId,
      durationMs,
      segments: counting,
      text,
      language: counting.find((one) => one.language)?.language ?? language,
    }
  } finally {
    result.stop()
    if (!caller.keep) await sessions.erase(sessionId).catch(() => {})
  }
}

type Final = Extract<SessionEvent, { type: 'final' }>

function awaitFinal(sessionId: string, { sessions }: Pick<CompatDeps, 'sessions'>, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<Final>()
  let failure: unknown
  const unsubscribe = sessions.subscribe(sessionId, (event) => {
    // an error is followed by a final text when the server has given up; then that error is the answer
    if (event.type === 'error' && event.item === undefined) failure = event.error
    else if (event.type === 'final') {
      if (failure !== undefined && event.segments.length === 0) reject(failure)
      else resolve(event)
    } else if (event.type === 'closed') reject(failure ?? new VigiaError('asr_failed', 'The recording gave no transcript.'))
  })
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const stop = (): void => {
    unsubscribe()
    signal.removeEventListener('abort', onAbort)
  }
  return { final: promise, stop }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
