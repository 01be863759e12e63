import { toErrorBody, VigiaError } from '@vigia/protocol'
import type { Tts } from '../../engines/tts.ts'
import { createResampler } from '../../media/resample.ts'
import type { Clock } from '../../std/clock.ts'
import type { AssistantEvent, AssistantSettings } from '../assistant.ts'
import type { Generation, TurnId, TurnInput } from '../turn/types.ts'
import type { Answerer, AnswerRequest } from './answerer.ts'
import { Playout, type PlayoutChunk } from './playout.ts'
import { FragmentSplitter } from './sentences.ts'
import { plainText } from './spoken/plain.ts'
import { spokenForm } from './spoken/spoken.ts'
import { textsOf } from './texts.ts'
import { untilAborted } from './tools.ts'
import type { Moment } from './trace.ts'

/** One answer from request to last sound: words → fragments → voice → playout. One signal stops all of it. */

export interface ReplyOptions {
  generation: Generation
  turn: TurnId | null
  speculative: boolean
  held: boolean
  answerer: Answerer
  /** Gathers conversation and photo; may wait for a new photo. */
  request: (released: Promise<void>, signal: AbortSignal) => Promise<AnswerRequest>
  tts: Tts | null
  settings: Readonly<AssistantSettings>
  language: string
  clock: Clock
  emit: (event: AssistantEvent) => void
  /** Failures that the client should see beside the spoken words. */
  onError: (error: unknown) => void
  core: (input: TurnInput) => void
}

interface Fragment {
  text: string
  startMs: number
  durationMs: number
  aside: boolean
}

/** Sound is handed over in pieces of this length. */
const PIECE_MS = 60
/** Longest silence of a voice before it is given up. */
const VOICE_STALL_MS = 10_000
/** Speaking time of text that the client speaks, per character. */
const CHAR_MS = 60
/** Fragments that may wait for the voice. */
const MAX_FRAGMENTS = 200

export class Reply {
  readonly generation: Generation
  readonly turn: TurnId | null
  readonly moments = new Map<Moment, number>()
  readonly #options: ReplyOptions
  readonly #abort = new AbortController()
  readonly #playout: Playout
  readonly #released = Promise.withResolvers<void>()
  readonly #fragments: Fragment[] = []
  #text = ''
  #speculative: boolean
  #held: boolean
  #count = 0
  #voiceFailed = false
  readonly #errors: unknown[] = []
  #started = false
  #cut = false
  #voice: Promise<void> = Promise.resolve()

  constructor(options: ReplyOptions) {
    this.#options = options
    this.generation = options.generation
    this.turn = options.turn
    const { clock, settings, core, generation } = options
    this.#playout = new Playout({
      clock,
      paced: settings.pacing === 'paced',
      send: (chunk, startMs) => this.#send(chunk, startMs),
      onDrained: () => this.#done(),
      onFinished: () => core({ type: 'reply_finished', generation }),
    })
    this.#speculative = options.speculative
    this.#held = options.held
    if (this.#speculative || this.#held) this.#playout.hold()
  }

  /** Everything it said, as it is shown. */
  get text(): string {
    return this.#text.trim()
  }

  get started(): boolean {
    return this.#started
  }

  start(): void {
    void this.#run()
  }

  /** A speculative answer turned out right, and the turn can no longer go on. */
  release(): void {
    this.#speculative = false
    for (const error of this.#errors.splice(0)) this.#options.onError(error)
    if (!this.#held) this.#playout.resume()
  }

  /** Tools that change something may run. */
  seal(): void {
    this.#released.resolve()
  }

  hold(): void {
    this.#held = true
    this.#playout.hold()
    if (this.#started) this.#options.emit({ type: 'reply_paused', replyId: this.generation })
  }

  resume(rewind: boolean): void {
    this.#held = false
    if (rewind) this.#playout.rewind()
    if (this.#started) this.#options.emit({ type: 'reply_resumed', replyId: this.generation })
    if (!this.#speculative) this.#playout.resume()
  }

  /** Tells a client that came back which answer it is hearing. */
  announce(): void {
    if (this.#started) this.#options.emit({ type: 'reply_started', replyId: this.generation, turnId: this.turn })
  }

  report(playedMs: number): void {
    const { clock } = this.#options
    if (playedMs > 0 && !this.moments.has('heard')) {
      this.moments.set('heard', Math.max(this.moments.get('firstSent') ?? 0, clock.now() - playedMs))
    }
    this.#playout.report(playedMs)
  }

  /** Stops everything of it at once; returns what was heard. */
  cancel(reason: string): { heardText: string; playedMs: number } {
    this.#abort.abort(new VigiaError('aborted', `the answer was stopped: ${reason}`))
    const playedMs = this.#playout.heardMs
    this.#playout.stop()
    return { heardText: this.#heard(playedMs), playedMs }
  }

  async #run(): Promise<void> {
    const { answerer, request, generation, core } = this.#options
    const { signal } = this.#abort
    const splitter = new FragmentSplitter()
    try {
      const asked = await request(this.#released.promise, signal)
      signal.throwIfAborted()
      for await (const event of answerer.answer(asked, signal)) {
        signal.throwIfAborted()
        if (event.type === 'asked') this.#mark('requested')
        else if (event.type === 'cut') this.#cut = true
        else if (event.type === 'aside') this.#say(event.text, true)
        else {
          this.#mark('firstToken')
          for (const fragment of splitter.push(event.text)) this.#say(fragment, false)
        }
      }
      for (const fragment of splitter.end()) this.#say(fragment, false)
    } catch (error) {
      if (signal.aborted) return
      for (const fragment of splitter.end()) this.#say(fragment, false)
      this.#report(error)
      this.#say(this.#failure(error), true)
    }
    await this.#voice
    if (signal.aborted) return
    core({ type: 'reply_complete', generation })
    this.#playout.complete()
  }

  /** Everything was handed over; an answer without words too begins and ends. */
  #done(): void {
    this.#begin()
    const cut = this.#cut ? { cut: true } : {}
    this.#options.emit({ type: 'reply_done', replyId: this.generation, text: this.text, ...cut })
  }

  #begin(): void {
    if (this.#started) return
    this.#started = true
    const { emit, core, generation, turn } = this.#options
    emit({ type: 'reply_started', replyId: generation, turnId: turn })
    core({ type: 'reply_audible', generation })
  }

  /** What fails in a speculative answer is told when it turns out to be the answer. */
  #report(error: unknown): void {
    if (this.#speculative) this.#errors.push(error)
    else this.#options.onError(error)
  }

  #failure(error: unknown): string {
    const texts = textsOf(this.#options.language)
    return toErrorBody(error).code === 'engine_timeout' ? texts.modelSlow : texts.modelFailed
  }

  #mark(moment: Moment): void {
    if (!this.moments.has(moment)) this.moments.set(moment, this.#options.clock.now())
  }

  /** Queues a fragment for the voice; fragments are spoken one after the other. */
  #say(raw: string, aside: boolean): void {
    const text = plainText(raw)
    if (text === '' || this.#count >= MAX_FRAGMENTS) return
    this.#mark('firstSentence')
    const index = this.#count++
    this.#voice = this.#voice.then(() => this.#speak(index, text, aside))
  }

  async #speak(index: number, text: string, aside: boolean): Promise<void> {
    const { signal } = this.#abort
    if (signal.aborted) return
    const { settings, tts } = this.#options
    this.#fragments[index] = { text, startMs: -1, durationMs: 0, aside }
    if (settings.voice === 'off') {
      await this.#playout.push({ fragment: index, text, samples: null, sampleRate: 0, durationMs: 300 + text.length * CHAR_MS })
      return
    }
    if (tts && !this.#voiceFailed) {
      try {
        if (await this.#synthesize(index, text, tts)) return
      } catch (error) {
        if (signal.aborted) return
        this.#voiceFailed = true
        this.#report(error)
      }
    }
    // never silence: what cannot be spoken is shown
    if (this.#fragments[index]!.startMs < 0)
      await this.#playout.push({ fragment: index, text, samples: null, sampleRate: 0, durationMs: 0 })
  }

  /** False when the voice made no sound of it. */
  async #synthesize(index: number, text: string, tts: Tts): Promise<boolean> {
    const { settings, language, clock } = this.#options
    const { signal } = this.#abort
    const stall = new AbortController()
    const both = AbortSignal.any([signal, stall.signal])
    const request = {
      text: spokenForm(text, language),
      language,
      ...(settings.voiceId === undefined ? {} : { voice: settings.voiceId }),
      ...(settings.speed === undefined ? {} : { speed: settings.speed }),
    }
    const cutter = new PieceCutter(settings.outputSampleRate)
    const push = async (piece: Piece): Promise<void> => {
      const first = !said
      said = true
      this.#mark('firstAudio')
      const durationMs = (piece.samples.length * 1000) / piece.sampleRate
      await this.#playout.push({ fragment: index, ...(first ? { text } : {}), ...piece, durationMs })
    }
    let said = false
    const iterator = tts.synthesize(request, both)[Symbol.asyncIterator]()
    for (;;) {
      const stop = clock.setTimeout(
        () => stall.abort(new VigiaError('tts_failed', `The voice made no sound for ${VOICE_STALL_MS / 1000} s.`)),
        VOICE_STALL_MS,
      )
      const next = await untilAborted(Promise.resolve(iterator.next()), both).finally(stop)
      if (next.done) break
      for (const piece of cutter.push(next.value)) await push(piece)
    }
    for (const piece of cutter.end()) await push(piece)
    return said
  }

  #send(chunk: PlayoutChunk, startMs: number): void {
    const { emit, core, generation } = this.#options
    const replyId = generation
    this.#begin()
    const fragment = this.#fragments[chunk.fragment]!
    if (fragment.startMs < 0) {
      fragment.startMs = startMs
      if (!fragment.aside) this.#text += ` ${fragment.text}`
      emit({ type: 'reply_text', replyId, fragment: chunk.fragment, text: fragment.text })
      core({ type: 'reply_spoke', generation, text: fragment.text })
    }
    fragment.durationMs = Math.max(fragment.durationMs, startMs + chunk.durationMs - fragment.startMs)
    if (chunk.samples) {
      const { samples, sampleRate } = chunk
      emit({ type: 'reply_audio', replyId, fragment: chunk.fragment, samples, sampleRate, startMs })
    }
    this.#mark('firstSent')
  }

  /** The words that were heard when so much was played: whole fragments, and of the last one its share of words. */
  #heard(playedMs: number): string {
    const out: string[] = []
    for (const { text, startMs, durationMs, aside } of this.#fragments.filter((fragment) => fragment !== undefined)) {
      if (startMs < 0 || aside || (startMs >= playedMs && durationMs > 0)) continue
      const share = durationMs === 0 ? 1 : Math.min(1, (playedMs - startMs) / durationMs)
      const words = text.split(' ')
      const heard = Math.floor(words.length * share + 0.001)
      if (heard > 0) out.push(words.slice(0, heard).join(' ') + (heard < words.length ? '…' : ''))
    }
    return out.join(' ')
  }
}

interface Piece {
  samples: Int16Array
  sampleRate: number
}

/** Any sound to pieces of equal length at the rate that the client asked for. */
class PieceCutter {
  readonly #toRate: number | undefined
  #rate = 0
  #resampler: ReturnType<typeof createResampler> | null = null
  #rest = new Int16Array(0)

  constructor(toRate: number | undefined) {
    this.#toRate = toRate
  }

  push({ samples, sampleRate }: Piece): Piece[] {
    this.#resampler ??= createResampler(sampleRate, this.#toRate ?? sampleRate)
    this.#rate = this.#toRate ?? sampleRate
    return this.#cut(this.#resampler.push(samples), false)
  }

  end(): Piece[] {
    return this.#resampler ? this.#cut(this.#resampler.end(), true) : []
  }

  #cut(samples: Int16Array, all: boolean): Piece[] {
    const joined = new Int16Array(this.#rest.length + samples.length)
    joined.set(this.#rest)
    joined.set(samples, this.#rest.length)
    const length = Math.round((this.#rate * PIECE_MS) / 1000)
    const pieces: Piece[] = []
    let at = 0
    for (; at + length <= joined.length; at += length)
      pieces.push({ samples: joined.slice(at, at + length), sampleRate: this.#rate })
    this.#rest = joined.slice(at)
    if (all && this.#rest.length > 0) pieces.push({ samples: this.#rest, sampleRate: this.#rate })
    return pieces
  }
}
