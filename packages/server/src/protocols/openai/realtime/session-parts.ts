import { randomUUID } from 'node:crypto'
import type { Encoding } from '@vigia/protocol'
import { FieldError, isObject, type Json, number } from '../../compat/read.ts'
import { SPEECH_RATE } from '../../compat/speech.ts'

/** The pieces that a session object of Realtime is made of. Pure. */

export type SessionType = 'realtime' | 'transcription'

export const newId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`

export const PCM = { type: 'audio/pcm', rate: SPEECH_RATE }

export interface WireFormat {
  encoding: Encoding & ('pcm16' | 'mulaw' | 'alaw')
  sampleRate: number
}

/** A format object, or its name in the earlier dialect. @throws VigiaError `invalid_request` */
export function formatOf(format: unknown, name: string): WireFormat {
  const type = isObject(format) ? format.type : format
  const rate = isObject(format) ? number(format.rate, `${name}.rate`, [8000, 48_000]) : undefined
  switch (type) {
    case 'audio/pcm':
    case 'pcm16':
      return { encoding: 'pcm16', sampleRate: rate ?? SPEECH_RATE }
    case 'audio/pcmu':
    case 'g711_ulaw':
      return { encoding: 'mulaw', sampleRate: 8000 }
    case 'audio/pcma':
    case 'g711_alaw':
      return { encoding: 'alaw', sampleRate: 8000 }
    default:
      throw new FieldError(`${name}.type`, `Expected '${name}.type' to be audio/pcm, audio/pcmu or audio/pcma.`)
  }
}

/** The nested objects of a session. */
export function partsOf(session: Json): { input: Json; output: Json; turn: Json | null; transcription: Json | null } {
  const audio = isObject(session.audio) ? session.audio : {}
  const input = isObject(audio.input) ? audio.input : {}
  return {
    input,
    output: isObject(audio.output) ? audio.output : {},
    turn: isObject(input.turn_detection) ? input.turn_detection : null,
    transcription: isObject(input.transcription) ? input.transcription : null,
  }
}
