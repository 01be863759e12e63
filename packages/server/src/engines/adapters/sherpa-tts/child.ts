import { createRequire } from 'node:module'
import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import type { GenerationRequest, OfflineTtsConfig, SherpaTtsCalls } from './calls.ts'

/** Engine process of the voices of sherpa-onnx-node. */

interface Voice {
  sampleRate: number
  numSpeakers: number
  generateAsync(request: {
    text: string
    enableExternalBuffer: false
    generationConfig: { sid: number; speed: number; extra?: Record<string, string>; numSteps?: number }
    onProgress: (progress: { samples: Float32Array }) => number
  }): Promise<{ samples: Float32Array; sampleRate: number }>
}
interface Sherpa {
  OfflineTts: { createAsync(config: OfflineTtsConfig): Promise<Voice> }
}

let voice: Voice | null = null

serveEngine<SherpaTtsCalls>({
  async load({ config }) {
    voice = await importSherpa().OfflineTts.createAsync(config)
    return undefined
  },
  facts() {
    if (!voice) throw new VigiaError('tts_failed', 'The model is not loaded.')
    return { sampleRate: voice.sampleRate, speakers: voice.numSpeakers }
  },
  async generate({ text, sid, speed, extra }: GenerationRequest, { signal, part }) {
    if (!voice) throw new VigiaError('tts_failed', 'The model is not loaded.')
    let sent = 0
    const all = await voice.generateAsync({
      text,
      enableExternalBuffer: false,
      generationConfig: { sid, speed, ...(extra ? { extra, numSteps: 8 } : {}) },
      onProgress: ({ samples }) => {
        part(samples.slice())
        sent += samples.length
        return signal.aborted ? 0 : 1
      },
    })
    // what no progress told of
    if (!signal.aborted && sent < all.samples.length) part(all.samples.slice(sent))
    return undefined
  },
})

function importSherpa(): Sherpa {
  try {
    return createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The speech library (sherpa-onnx-node) cannot be loaded here.', {
      hint: 'It needs Linux with glibc 2.32 or later (x64) or 2.17 (arm64), macOS or Windows; musl is not served.',
      cause,
    })
  }
}
