import { createHash } from 'node:crypto'
import { type Observation, VigiaError } from '@vigia/protocol'
import type { AudioUpload } from './audio-upload.ts'
import type { Caller, CompatDeps } from './deps.ts'
import { Lru } from './lru.ts'
import { transcribeUpload } from './transcribe.ts'

/**
 * Pictures and recordings inside a request. Each is stored once: a chat sends its whole history again with every turn, so what was
 * seen and heard before is remembered by its hash.
 */

export interface Picture {
  frameId: string
  /** As a model is shown it: upright, without metadata. */
  jpeg(): Promise<Uint8Array>
  observation: Promise<Observation>
}

const MAX_KNOWN = 512

export class RequestMedia {
  readonly #deps: CompatDeps
  readonly #pictures = new Lru<string, Picture>(MAX_KNOWN)
  readonly #texts = new Lru<string, { sessionId: string; text: string }>(MAX_KNOWN)

  constructor(deps: CompatDeps) {
    this.#deps = deps
  }

  /** @throws VigiaError of the vision service */
  async picture(bytes: Uint8Array, caller: Caller, ask: { prompt?: string; language?: string } = {}): Promise<Picture> {
    const { vision, clock } = this.#deps
    const prompt = vision.engine.method === 'model' ? ask.prompt : undefined
    const key = hash(caller, bytes, `${caller.sessionId ?? ''} ${ask.language ?? ''} ${prompt ?? ''}`)
    const known = await this.#kept(key, caller)
    if (known) return known
    const { frameId, observation } = await vision.submit({
      bytes,
      sessionId: caller.sessionId,
      owner: caller.owner,
      prompt,
      language: ask.language,
      arrivedAt: clock.wallMs(),
    })
    observation.catch(() => this.#pictures.delete(key))
    const picture: Picture = { frameId, observation, jpeg: () => this.#view(frameId) }
    if (caller.keep) this.#pictures.set(key, picture)
    return picture
  }

  /** One that is there still. Not for a caller that opted out, who forgets what they sent: it may be another request's. */
  async #kept(key: string, caller: Caller): Promise<Picture | null> {
    const known = caller.keep ? this.#pictures.get(key) : undefined
    if (!known) return null
    if (await this.#deps.store.frames.get(known.frameId)) return known
    this.#pictures.delete(key)
    return null
  }

  /** The words of a recording. @throws VigiaError of recognition */
  async transcript(upload: AudioUpload, caller: Caller, signal: AbortSignal): Promise<string> {
    const key = hash(caller, upload.bytes, JSON.stringify(upload.raw ?? null))
    const known = this.#texts.get(key)
    // what was erased is not remembered here either
    if (known && (await this.#deps.store.sessions.get(known.sessionId))) return known.text
    this.#texts.delete(key)
    const { sessionId, text } = await transcribeUpload({ ...upload, diarize: false }, caller, this.#deps, signal)
    if (caller.keep) this.#texts.set(key, { sessionId, text })
    return text
  }

  /** Forgets the pictures of a caller that opted out. */
  async forget(frameIds: readonly string[], caller: Caller): Promise<void> {
    if (caller.keep) return
    for (const id of frameIds) await this.#deps.store.frames.erase(id).catch(() => {})
  }

  async #view(frameId: string): Promise<Uint8Array> {
    const image = await this.#deps.store.frames.image(frameId)
    if (!image) throw new VigiaError('frame_not_found', 'The picture was erased meanwhile.')
    return image.bytes
  }
}

const hash = ({ owner }: Caller, bytes: Uint8Array, rest: string): string =>
  createHash('sha256')
    .update(`${owner ?? ''}\n${rest}\n`)
    .update(bytes)
    .digest('base64')
