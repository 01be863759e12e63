import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Vad } from '../../../src/engines/vad.ts'
import { createDecoder } from '../../../src/media/decoder.ts'
import { DEFAULT_ENDPOINTING } from '../../../src/session/endpointing.ts'
import { UtteranceCutter } from '../../../src/session/utterance-cutter.ts'
import { dialogueReference, fixtureSamples } from '../../helpers/audio.ts'

/** The recordings on which the reliability gate of `tiny-es` is chosen and checked, cut into utterances. */

export interface GateUtterance {
  /** File, and where in it, seconds. */
  name: string
  voice: 'synthetic' | 'real'
  samples: Int16Array
}

const SHARED = process.env.VIGIA_SHARED ?? path.join(import.meta.dirname, '../../../../../../shared')
const REAL = path.join(SHARED, 'audio/real')

export const hasRealRecordings = existsSync(REAL)

/** Six sentences and the eleven turns of the dialogue. */
export function syntheticUtterances(): GateUtterance[] {
  const names = ['es-01-reunion', 'es-02-peligro', 'es-03-camara', 'es-04-tareas', 'es-05-numeros', 'es-06-cotidiano']
  const dialogue = fixtureSamples('es-dialogo')
  const sentences = names.map((name) => ({ name, voice: 'synthetic' as const, samples: fixtureSamples(name) }))
  const turns = dialogueReference().turns.map(({ start, end }) => ({
    name: `es-dialogo ${start.toFixed(1)}`,
    voice: 'synthetic' as const,
    // Pre-roll and the silence that ends an utterance, as live.
    samples: dialogue.slice(Math.max(0, (start - 0.3) * 16_000), (end + 0.4) * 16_000),
  }))
  return [...sentences, ...turns]
}

/** Every utterance that the session would cut from the recordings of people. */
export async function realUtterances(vad: Vad): Promise<GateUtterance[]> {
  const files = readdirSync(REAL, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(wav|ogg|flac)$/.test(file))
  const found: GateUtterance[] = []
  for (const file of files.sort()) found.push(...(await cut(vad, file, await decodeFile(path.join(REAL, file)))))
  return found
}

/** Utterances chopped into pieces of this length, as very short utterances would be; they often begin inside a word. */
export function chopped(utterances: readonly GateUtterance[], seconds: number): GateUtterance[] {
  const length = seconds * 16_000
  return utterances.flatMap(({ name, voice, samples }) =>
    Array.from({ length: Math.floor(samples.length / length) }, (_, n) => {
      // 0.3 s of silence ahead and 0.4 s behind, as an utterance has them.
      const piece = new Int16Array(length + 11_200)
      piece.set(samples.subarray(n * length, (n + 1) * length), 4800)
      return { name: `${name} +${(n * seconds).toFixed(1)}`, voice, samples: piece }
    }),
  )
}

async function decodeFile(file: string): Promise<Int16Array> {
  const encoding = file.endsWith('.wav') ? 'wav' : file.endsWith('.ogg') ? 'ogg_opus' : 'flac'
  const decoder = await createDecoder({ encoding, sampleRate: 16_000, channels: 1 })
  const bytes = readFileSync(file)
  const parts: Int16Array[] = []
  for (let at = 0; at < bytes.length; at += 65_536) parts.push(decoder.decode(bytes.subarray(at, at + 65_536)))
  parts.push(decoder.end())
  decoder.free()
  return join(parts)
}

async function cut(vad: Vad, file: string, samples: Int16Array): Promise<GateUtterance[]> {
  using stream = vad.open()
  const cutter = new UtteranceCutter(stream, DEFAULT_ENDPOINTING)
  const found: GateUtterance[] = []
  let parts: Int16Array[] = []
  let name = ''
  for (const event of [...(await cutter.push(samples)), ...cutter.flush()]) {
    if (event.type === 'start') {
      parts = []
      name = `${file} ${(event.startMs / 1000).toFixed(1)}`
    } else if (event.type === 'audio') parts.push(event.samples)
    else if (event.type === 'end') found.push({ name, voice: 'real', samples: join(parts) })
  }
  return found
}

function join(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
