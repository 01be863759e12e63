import type { VoiceList } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'

/** `/voices`: what an answer can be spoken with; the engine and its voices, or that there is none. */
export function voiceRoutes(app: FastifyInstance, { tts }: HttpDeps): void {
  app.get('/voices', (): VoiceList => {
    const engine = tts?.() ?? null
    return { engine: engine?.id ?? null, model: engine?.model ?? null, voices: [...(engine?.voices ?? [])] }
  })
}
