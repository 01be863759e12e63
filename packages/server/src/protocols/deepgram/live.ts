import { createHash, type Hash } from 'node:crypto'
import { type Segment, VigiaError } from '@vigia/protocol'
import { createDecoder } from '../../media/decoder.ts'
import { SNIFF_BYTES } from '../../media/sniff.ts'
import type { LiveSession, SessionEvent } from '../../session/service.ts'
import { containerOf, type KnownAudio, unknownAudio } from '../compat/audio-upload.ts'
import type { Caller, CompatDeps } from '../compat/deps.ts'
import { leaveLive, type OpenedLive, openLive } from '../compat/live-session.ts'
import { MessageQueue, type Wire, type WireListener } from '../compat/wire.ts'
import { ChannelSplitter } from './channels.ts'
import { deepgramError } from './errors.ts'
import { ChannelResults, type ResultsHead } from './live-results.ts'
import { LiveSpeakers, type VoiceAt } from './live-speakers.ts'
import type { ListenOptions } from './options.ts'

/** `WS /v1/listen`: one session for each channel, their events as Deepgram's messages. */

export interface LiveOptions {
  wire: Wire
  deps: CompatDeps
  caller: Caller
  options: ListenOptions
  language: string
  head: ResultsHead
}

/** Silence on the socket that ends it, as at the vendor. */
const IDLE_MS = 10_000

interface Channel {
  session: LiveSession
  audio: OpenedLive['audio']
  results: ChannelResults
  speakers: LiveSpeakers | null
  /** Finals wait for their speaker's number, in order. */
  finals: Promise<void>
  finalizing: boolean
  flushed: number
}

export class DeepgramLive implements WireListener {
  readonly #o: LiveOptions
  readonly #queue: MessageQueue
  readonly #abort = new AbortController()
  readonly #sha: Hash = createHash('sha256')
  readonly #stopIdle: () => void
  #head: Buffer = Buffer.alloc(0)
  #channels: Channel[] = []
  #splitter: ChannelSplitter | null = null
  #lastSeenMs: number
  #ended = false

  constructor(options: LiveOptions) {
    this.#o = options
    const { clock } = options.deps
    this.#queue = new MessageQueue(options.wire, (error) => this.#fail(error))
    this.#lastSeenMs = clock.now()
    this.#stopIdle = clock.setInterval(() => this.#checkIdle(), 1000)
    const { raw } = options.options
    if (raw) this.#queue.add(() => this.#open(raw))
  }

  binary(bytes: Buffer): void {
    this.#lastSeenMs = this.#o.deps.clock.now()
    if (bytes.length === 0) this.#queue.add(() => this.#closeStream())
    else this.#queue.add(() => this.#audio(bytes), bytes.length)
  }

  text(text: string): void {
    this.#lastSeenMs = this.#o.deps.clock.now()
    this.#queue.add(() => {
      const type = typeOf(text)
      if (type === 'Finalize') return this.#finalize()
      if (type === 'CloseStream') return this.#closeStream()
    })
  }

  closed(): void {
    this.#stopIdle()
    this.#abort.abort(new Error('the client went away'))
    this.#queue.add(() => this.#end())
  }

  async #audio(bytes: Buffer): Promise<void> {
    if (this.#ended) return
    this.#sha.update(bytes)
    if (this.#channels.length > 0) {
      return this.#take(bytes)
    }
    this.#head = Buffer.concat([this.#head, bytes])
    if (this.#head.length < SNIFF_BYTES) return
    const encoding = containerOf(this.#head)
    if (!encoding) throw unknownAudio(this.#head)
    await this.#open({ encoding, sampleRate: 16_000, channels: 1 })
    const head = this.#head
    this.#head = Buffer.alloc(0)
    await this.#take(head)
  }

  async #take(bytes: Buffer): Promise<void> {
    const parts = this.#splitter ? this.#splitter.push(bytes) : [bytes]
    for (const [i, channel] of this.#channels.entries()) {
      const part = parts[i]!
      if (part.length === 0) continue
      await channel.audio(part)
      channel.speakers?.push(part)
      this.#send(channel.results.tick(channel.session.receivedMs))
    }
  }

  async #open(format: KnownAudio): Promise<void> {
    const { options, head } = this.#o
    const split = options.multichannel && format.channels > 1
    if (!split && format.channels > 2)
      throw new VigiaError('invalid_audio_format', 'More than 2 channels need multichannel=true.')
    this.#splitter = split ? new ChannelSplitter(format.encoding, format.channels) : null
    const count = split ? format.channels : 1
    for (let i = 0; i < count; i++) {
      const results = new ChannelResults(options, head, [i, count])
      this.#channels.push(await this.#openChannel({ ...format, channels: split ? 1 : format.channels }, results))
    }
  }

  async #openChannel(format: KnownAudio, results: ChannelResults): Promise<Channel> {
    const { deps, caller, options, language } = this.#o
    let channel: Channel | null = null
    const config = {
      encoding: format.encoding,
      sample_rate: format.sampleRate,
      channels: format.channels,
      language,
      mode: 'transcribe' as const,
      client: { name: 'deepgram' },
      ...(options.keyterms.length > 0 ? { hotwords: options.keyterms } : {}),
      ...(options.endpointing ? { endpointing: { minSilenceMs: options.endpointing } } : {}),
    }
    const { sessions } = deps
    const opening = { sessions, caller, signal: this.#abort.signal }
    const { session, audio } = await openLive(config, opening, (event) => channel && this.#event(channel, event))
    const { diarizer } = deps.engines()
    const speakers =
      options.diarize && diarizer ? new LiveSpeakers(await createDecoder(format), diarizer, this.#abort.signal) : null
    channel = { session, audio, results, speakers, finals: Promise.resolve(), finalizing: false, flushed: 0 }
    return channel
  }

  #event(channel: Channel, event: SessionEvent): void {
    const { results, session } = channel
    switch (event.type) {
      case 'speech_started':
        this.#send(results.speechStarted(event.atMs))
        return
      case 'speech_stopped':
        results.speechStopped(event.atMs)
        return
      case 'interim':
        this.#send(results.interim(event.text, event.startMs, session.receivedMs))
        return
      case 'segment':
        this.#final(channel, event.segment)
        return
      case 'error':
        if (VigiaError.is(event.error) && /^(invalid_audio|unsupported_codec)$/.test(event.error.code)) this.#fail(event.error)
        return
      case 'superseded': // erased meanwhile
        this.#o.wire.close(1011, 'the session is gone')
    }
  }

  #final(channel: Channel, segment: Segment): void {
    if (segment.excluded || this.#ended) return
    const fromFinalize = channel.finalizing
    channel.flushed += 1
    channel.finals = channel.finals.then(async () => {
      const voiceAt = await this.#voicesIn(channel, segment)
      this.#send(channel.results.final(segment, { voiceAt, fromFinalize }))
      this.#send(channel.results.tick(channel.session.receivedMs))
    })
  }

  /** A voice that cannot be told costs its number, not its words. */
  async #voicesIn({ speakers }: Channel, segment: Segment): Promise<VoiceAt | undefined> {
    return speakers?.voicesIn({ startMs: segment.start * 1000, endMs: segment.end * 1000 }).catch(() => undefined)
  }

  async #finalize(): Promise<void> {
    for (const channel of this.#channels) {
      channel.finalizing = true
      channel.flushed = 0
      await channel.session.flush()
      await channel.finals
      if (channel.flushed === 0) this.#send([channel.results.emptyFinal(channel.session.receivedMs)])
      channel.finalizing = false
    }
  }

  /** What is left, then the summary of the connection, then a normal close: any other code makes the client connect again. */
  async #closeStream(): Promise<void> {
    if (this.#ended) return
    for (const { session } of this.#channels) await session.flush()
    for (const channel of this.#channels) await channel.finals
    const { head, deps, wire } = this.#o
    const duration = Math.max(0, ...this.#channels.map(({ session }) => session.receivedMs)) / 1000
    wire.send(
      JSON.stringify({
        type: 'Metadata',
        transaction_key: 'deprecated',
        request_id: head.request_id,
        sha256: this.#sha.digest('hex'),
        created: new Date(deps.clock.wallMs()).toISOString(),
        duration,
        channels: Math.max(1, this.#channels.length),
        models: [head.model_uuid],
        model_info: { [head.model_uuid]: head.model_info },
      }),
    )
    wire.close(1000, '')
    await this.#end()
  }

  async #end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#abort.abort(new Error('the stream has ended'))
    const { caller, deps } = this.#o
    for (const { session, speakers } of this.#channels) {
      speakers?.free()
      await leaveLive(session, { sessions: deps.sessions, caller })
    }
  }

  /** Only a client that waits for nothing is silent. */
  #checkIdle(): void {
    if (this.#queue.busy) this.#lastSeenMs = this.#o.deps.clock.now()
    if (this.#ended || this.#o.deps.clock.now() - this.#lastSeenMs < IDLE_MS) return
    this.#stopIdle()
    this.#o.wire.close(1011, 'NET-0001: no audio and no KeepAlive within 10 seconds')
  }

  #fail(error: unknown): void {
    const ours = VigiaError.is(error) ? error : null
    const bad = ours && ours.spec.http < 500
    this.#o.wire.close(bad ? 1008 : 1011, `${bad ? 'DATA-0000' : 'NET-0000'}: ${deepgramError(ours).message}`)
  }

  #send(messages: readonly unknown[]): void {
    if (this.#ended) return
    for (const message of messages) this.#o.wire.send(JSON.stringify(message))
  }
}

/** What is no JSON, or of no known type, is ignored. */
function typeOf(text: string): string | null {
  try {
    const { type } = JSON.parse(text) as { type?: unknown }
    return typeof type === 'string' ? type : null
  } catch {
    return null
  }
}
