import { once } from 'node:events'
import type { ClientMessageInput, Observation, ServerMessage } from '@vigia/protocol'
import { WebSocket } from 'ws'
import { Loudspeaker, Microphone, RATE, sound } from './microphone.ts'
import type { Scenario, Step } from './scenario.ts'
import type { Placed } from './scripted-engines.ts'
import type { Stage } from './stage.ts'
import type { Voices } from './voices.ts'

/** Plays one scenario through a real socket into a real server and keeps what came, with the time at which it came. */

export interface Received {
  /** Milliseconds since the scenario began. */
  atMs: number
  message: ServerMessage
}

export interface Performance {
  received: Received[]
  /** Moments at which the loudspeaker made sound, ms, with the answer it was of. */
  sounded: { atMs: number; replyId: number }[]
  /** When each spoken phrase of the user began and ended, ms. */
  spoken: Placed[]
  /** Moment of the last step. */
  scriptEndMs: number
  endMs: number
  /** Prompts that the language model got, whole. */
  asked: string[]
  toolCalls: string[]
}

const STEP_MS = 80
const STEP_SAMPLES = (RATE * STEP_MS) / 1000

export async function playScenario(stage: Stage, scenario: Scenario, voices: Voices): Promise<Performance> {
  const player = new Player(stage, scenario, voices)
  try {
    await player.open()
    for (const step of scenario.steps) await player.step(step)
    return await player.finish()
  } finally {
    await player.close()
  }
}

class Player {
  readonly #stage: Stage
  readonly #scenario: Scenario
  readonly #voices: Voices
  readonly #microphone = new Microphone()
  readonly #speaker = new Loudspeaker()
  readonly #placed: Placed[] = []
  readonly #performance: Performance
  #socket: WebSocket | null = null
  #startMs = 0
  #pongs = 0
  #sessionId = ''
  #token = ''
  #sentBytes: Uint8Array[] = []
  #echo: { gain: number; delayMs: number } | null = null
  #audioOf: number | null = null
  #frames = 0
  #nextAudio: { reply: number; bytes: number } | null = null

  constructor(stage: Stage, scenario: Scenario, voices: Voices) {
    this.#stage = stage
    this.#scenario = scenario
    this.#voices = voices
    this.#performance = { received: [], sounded: [], spoken: [], scriptEndMs: 0, endMs: 0, asked: [], toolCalls: [] }
  }

  get #nowMs(): number {
    return this.#stage.clock.now() - this.#startMs
  }

  async open(): Promise<void> {
    this.#stage.set(this.#scenario, () => this.#placed)
    this.#startMs = this.#stage.clock.now()
    await this.#connect()
    await this.#pass(400)
  }

  async #connect(resume = false): Promise<void> {
    const socket = new WebSocket(`${this.#stage.app.url.replace(/^http/u, 'ws')}/ws/audio`)
    this.#socket = socket
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary))
    socket.on('error', () => {})
    await once(socket, 'open')
    const { language, listen, aec, voice, tools } = this.#scenario
    const acks = this.#count('config_ack')
    this.#send({
      type: 'config',
      mode: 'assistant',
      language,
      voice,
      analyze: false,
      diarize: false,
      events: ['decisions'],
      client: { aec },
      assistant: { listen, tools: tools.map((tool) => ({ ...tool, description: tool.name, parameters: { type: 'object' } })) },
      ...(resume ? { session_id: this.#sessionId, resume_token: this.#token } : {}),
    })
    await this.#real(() => this.#count('config_ack') > acks)
    const ack = this.#performance.received.findLast(({ message }) => message.type === 'config_ack')!.message
    if (ack.type !== 'config_ack') return
    this.#sessionId = ack.session_id
    this.#token = ack.resume_token
    if (!resume) return
    // what the server does not have yet is sent again
    let skip = ack.received_bytes
    for (const bytes of this.#sentBytes) {
      if (skip < bytes.length) socket.send(bytes.subarray(skip))
      skip = Math.max(0, skip - bytes.length)
    }
  }

  async step(step: Step): Promise<void> {
    if ('wait' in step) await this.#pass(step.wait)
    else if ('say' in step) await this.#say(step)
    else if ('sound' in step) {
      this.#microphone.mix(sound(step.sound, step.ms, step.gain))
      await this.#pass(step.ms)
    } else if ('until' in step) await this.#until(step.until, step.count, step.within)
    else if ('echo' in step) this.#echo = { gain: step.echo, delayMs: step.delayMs }
    else if ('photo' in step) this.#photo(step)
    else if ('text' in step) this.#send({ type: 'text', text: step.text })
    else if ('interrupt' in step) this.#send({ type: 'interrupt' })
    else if ('button' in step) this.#send({ type: 'activity', state: step.button })
    else if ('playback' in step) this.#send({ type: 'playback', played_ms: step.playback })
    else if ('toolResult' in step) this.#toolResult(step.toolResult)
    else if ('drop' in step) {
      this.#socket?.terminate()
      this.#socket = null
      this.#speaker.clear()
      await this.#real(() =>
        this.#stage.app.sessions.status().some((one) => one.id === this.#sessionId && one.state === 'detached'),
      )
    } else await this.#connect(true)
    await this.#quiet()
  }

  async finish(): Promise<Performance> {
    this.#performance.scriptEndMs = this.#nowMs
    await this.#pass(this.#scenario.tailMs)
    this.#performance.endMs = this.#nowMs
    this.#performance.asked = [...this.#stage.asked]
    this.#performance.toolCalls = [...this.#stage.toolCalls]
    return this.#performance
  }

  async close(): Promise<void> {
    this.#socket?.terminate()
    if (this.#sessionId !== '') await this.#stage.app.sessions.erase(this.#sessionId).catch(() => {})
  }

  async #say({ say, gain, voice, stranger, background }: Extract<Step, { say: string }>): Promise<void> {
    const samples = await this.#voices.say(say, { language: this.#scenario.language, voice, stranger })
    const ms = (samples.length * 1000) / RATE
    this.#microphone.mix(samples, 0, gain)
    const placed = { text: say, startMs: this.#nowMs, endMs: this.#nowMs + ms }
    this.#placed.push(placed)
    if (!background) this.#performance.spoken.push(placed)
    if (!background) await this.#pass(ms)
  }

  #photo({ photo, ageMs, texts }: Extract<Step, { photo: string }>): void {
    const observation: Observation = {
      frame_id: `f${++this.#frames}`,
      session_id: this.#sessionId,
      captured_at: new Date(this.#stage.clock.wallMs() - ageMs).toISOString(),
      size: [640, 480],
      status: 'done',
      description: photo,
      people: [],
      objects: [],
      text_visible: texts,
      surroundings: '',
      activities: [],
      dangers: [],
      suggestions: [],
      uncertain: [],
      quality: { usable: true, light: 120, sharpness: 100, colors: [] },
      engine: { id: 'scenario', method: 'measured' },
      timings: { total: 1 },
    }
    this.#stage.app.sessions.publish(this.#sessionId, { type: 'observation', observation })
  }

  #toolResult(content: string): void {
    const call = this.#performance.received.findLast(({ message }) => message.type === 'tool_call')?.message
    if (call?.type === 'tool_call') this.#send({ type: 'tool_result', call_id: call.call_id, content })
  }

  async #until(type: string, count: number, within: number): Promise<void> {
    for (let waited = 0; this.#count(type) < count; waited += STEP_MS) {
      if (waited > within) return // the checks say what is missing
      await this.#pass(STEP_MS)
    }
  }

  /** Lets time pass, sound and all. */
  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      const { samples, replyId } = this.#speaker.take(STEP_SAMPLES)
      if (replyId !== null) this.#performance.sounded.push({ atMs: this.#nowMs, replyId })
      if (this.#echo && replyId !== null) {
        this.#microphone.mix(samples, Math.round((this.#echo.delayMs * RATE) / 1000), this.#echo.gain)
      }
      await this.#stage.clock.advance(STEP_MS)
      const heard = this.#microphone.take(STEP_SAMPLES)
      const bytes = new Uint8Array(heard.buffer)
      this.#sentBytes.push(bytes)
      this.#socket?.send(bytes)
      await this.#quiet()
    }
  }

  /** Everything sent was handled, everything asked of engines is done, everything told has come. */
  async #quiet(): Promise<void> {
    await this.#barrier()
    await this.#stage.settle()
    await this.#stage.clock.advance(0)
    await this.#stage.settle()
    await this.#barrier()
  }

  async #barrier(): Promise<void> {
    if (!this.#socket) return
    const pongs = this.#pongs
    this.#send({ type: 'ping' })
    await this.#real(() => this.#pongs > pongs || this.#socket?.readyState !== WebSocket.OPEN)
  }

  /** Waits in real time for something that comes over the loopback. */
  async #real(condition: () => boolean): Promise<void> {
    const until = performance.now() + 15_000
    while (!condition()) {
      if (performance.now() > until) throw new Error('the server does not answer')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const reply = this.#nextAudio?.reply ?? 0
      if (data.length === this.#nextAudio?.bytes) {
        this.#speaker.push(new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)), reply)
      }
      return
    }
    const message = JSON.parse(data.toString('utf8')) as ServerMessage
    if (message.type === 'pong') {
      this.#pongs += 1
      return
    }
    this.#performance.received.push({ atMs: this.#nowMs, message })
    if (message.type === 'reply_audio') this.#nextAudio = { reply: message.reply_id, bytes: message.bytes }
    else if (message.type === 'reply_paused') this.#speaker.hold(true)
    else if (message.type === 'reply_resumed') this.#speaker.hold(false)
    else if (message.type === 'reply_interrupted') this.#speaker.clear()
    else if (message.type === 'reply_text') this.#placeEcho(message.text, message.reply_id)
  }

  /** A scripted recognizer hears an echo as the words of the answer. */
  #placeEcho(text: string, replyId: number): void {
    if (!this.#echo) return
    const last = this.#audioOf === replyId ? this.#placed.at(-1) : undefined
    const startMs = Math.max(this.#nowMs + this.#echo.delayMs, last?.endMs ?? 0)
    this.#audioOf = replyId
    this.#placed.push({ text, startMs, endMs: startMs + text.length * 65 })
  }

  #count(type: string): number {
    return this.#performance.received.filter(({ message }) => message.type === type).length
  }

  #send(message: ClientMessageInput): void {
    this.#socket?.send(JSON.stringify(message))
  }
}
