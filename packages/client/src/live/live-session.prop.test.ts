import type { ClientMessage } from '@vigia/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Timers } from '../std/timers.ts'
import { resumeKept } from './connect-live.ts'
import { memoryKeep } from './keep.ts'
import { LiveSession } from './live-session.ts'
import type { LiveOptions } from './options.ts'

/**
 * The client against a model of the server as the protocol describes it: any order of audio, gaps, messages that arrive or not,
 * lost connections, servers that forget what was not durable, and pages that are closed and opened again; and after the end was
 * asked for, connections that are lost before it arrived, or before its answer did.
 */

const RUNS = Number(process.env.VIGIA_MODEL_RUNS ?? 150)

/** Time that moves by hand. */
class HandTimers implements Timers {
  #now = 0
  #waiting: { at: number; run: () => void }[] = []

  now = (): number => this.#now

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#waiting.push(timer)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== timer)
    }
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await settle()
      const next = this.#waiting.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#waiting = this.#waiting.filter((one) => one !== next)
      this.#now = next.at
      next.run()
    }
    this.#now = until
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Item = number | string

/** Bytes and gaps in order; what is not durable is lost when it dies. */
class ModelServer {
  stored: Item[] = []
  #durable = 0
  #token = 0
  socket: ModelSocket | null = null
  /** The end of the stream arrived; it is durable at once. */
  #ended = false
  /** How often the state of a session was asked for over HTTP. */
  asked = 0

  get bytes(): number {
    return this.stored.filter((one) => typeof one === 'number').length
  }

  /** All that came so far is on disk, and the client is told. */
  sync(tell: boolean): void {
    this.#durable = this.stored.length
    if (tell && this.socket?.isConfigured) this.socket.deliver({ type: 'ack', received_bytes: this.bytes })
  }

  die(): void {
    this.stored = this.stored.slice(0, this.#durable)
    this.cut()
  }

  cut(): void {
    const { socket } = this
    this.socket = null
    socket?.end()
  }

  take(data: string | Uint8Array, from: ModelSocket): void {
    if (this.socket !== from) return
    if (typeof data !== 'string') {
      this.stored.push(...data)
      return
    }
    const message = JSON.parse(data) as ClientMessage
    if (message.type === 'config') this.#open(from, message.resume_token)
    else if (message.type === 'gap' && !this.stored.includes(gapItem(message.gap_id!, message.ms)))
      this.stored.push(gapItem(message.gap_id!, message.ms))
    else if (message.type === 'end_of_stream') {
      this.#ended = true
      this.sync(true)
      from.deliver({ type: 'final_result', text: '', duration: 0, segments: [] })
    }
  }

  /** `GET /sessions/:id` */
  readonly fetch = async (): Promise<Response> => {
    this.asked += 1
    return Response.json({ state: this.#ended ? 'final' : 'detached' })
  }

  #open(socket: ModelSocket, token: string | undefined): void {
    if (this.#ended) {
      socket.deliver({ type: 'error', code: 'session_not_live', message: 'It has ended.', retryable: false })
      return
    }
    if (token === undefined) {
      // a client that never read the answer knows of no session: it begins another one
      this.stored = []
      this.#token += 1
    } else expect(token).toBe(`t${this.#token}`)
    this.sync(false)
    socket.isConfigured = true
    const names = { session_id: `s${this.#token}`, resume_token: `t${this.#token}` }
    socket.deliver({ type: 'config_ack', ...names, received_bytes: this.bytes })
  }
}

const gapItem = (id: string, ms: number): string => `gap ${id} ${ms}`

/** A socket whose messages wait in both directions until they are let through. */
class ModelSocket {
  readonly #server: ModelServer
  binaryType = ''
  readyState = 0
  bufferedAmount = 0
  isConfigured = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onerror: (() => void) | null = null
  #up: (string | Uint8Array)[] = []
  #down: string[] = []

  constructor(server: ModelServer) {
    this.#server = server
    server.cut()
    server.socket = this
    setImmediate(() => {
      if (this.readyState !== 0) return
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(data: string | Uint8Array): void {
    if (this.readyState === 1) this.#up.push(data)
  }

  deliver(message: Record<string, unknown>): void {
    this.#down.push(JSON.stringify(message))
  }

  letThrough(up: number, down: number): void {
    for (const data of this.#up.splice(0, up)) this.#server.take(data, this)
    for (const data of this.#down.splice(0, down)) if (this.readyState === 1) this.onmessage?.({ data })
  }

  close(): void {
    this.readyState = 3
    if (this.#server.socket === this) this.#server.socket = null
  }

  end(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code: 1006 })
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('audio' as const), size: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gap' as const), ms: fc.integer({ min: 1, max: 50 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('network' as const),
      up: fc.integer({ min: 0, max: 6 }),
      down: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), tell: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: 'cut' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'die' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reload' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9000 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
/** What may still happen when the user has asked for the end. */
const lateStep = step.filter(({ do: what }) => what === 'network' || what === 'cut' || what === 'die' || what === 'wait')

class World {
  readonly server = new ModelServer()
  readonly timers = new HandTimers()
  readonly keep = memoryKeep()
  readonly options: LiveOptions = {
    url: 'http://model',
    analyze: false,
    keep: this.keep,
    timers: this.timers,
    random: () => 0.5,
    fetch: this.server.fetch as typeof fetch,
    socket: () => new ModelSocket(this.server) as unknown as WebSocket,
  }
  live = new LiveSession(this.options)
  /** Audio by number and gaps by length, as captured. */
  captured: Item[] = []
  #next = 0

  async run(action: Step): Promise<void> {
    const { server, live } = this
    if (action.do === 'audio') {
      const bytes = Uint8Array.from({ length: action.size }, () => this.#next++ % 251)
      this.captured.push(...bytes)
      live.sendAudio(bytes)
    } else if (action.do === 'gap') {
      this.captured.push(`gap ${action.ms}`)
      live.gap(action.ms, 'muted')
    } else if (action.do === 'network') server.socket?.letThrough(action.up, action.down)
    else if (action.do === 'sync') server.sync(action.tell)
    else if (action.do === 'cut') server.cut()
    else if (action.do === 'die') server.die()
    else if (action.do === 'wait') await this.timers.advance(action.ms)
    else await this.#reload()
    await settle()
  }

  /** The page is closed a while after the last word and opened again; before the server knows the session there is nothing to go on with. */
  async #reload(): Promise<void> {
    if (this.live.sessionId === undefined) return
    await this.timers.advance(1500)
    this.live.finished.catch(() => {})
    this.live.close()
    this.server.cut()
    const [kept] = await this.keep.list()
    this.live = await resumeKept(kept!, this.options)
  }

  async finish(late: readonly Step[]): Promise<void> {
    const done = this.live.end().catch(() => {})
    for (const action of late) await this.run(action)
    for (let turn = 0; turn < 200 && this.live.state !== 'done'; turn++) {
      await settle()
      this.server.socket?.letThrough(1000, 1000)
      await this.timers.advance(500)
    }
    if (this.live.state === 'done') await done
  }
}

it('gives the server every byte and gap once and in order, whatever happens between them', {
  timeout: 60_000 + RUNS * 50,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(lateStep, { maxLength: 20 }), async (steps, late) => {
      const world = new World()
      for (const action of steps) await world.run(action)
      await world.finish(late)
      expect(world.live.state).toBe('done')
      // who learns of the end over HTTP learns of no byte
      if (world.server.asked === 0) expect(world.live.keptBytes).toBe(0)
      const stored = world.server.stored.map((one) => (typeof one === 'string' ? `gap ${one.split(' ')[2]}` : one))
      expect(stored).toEqual(world.captured)
      expect(await world.keep.list()).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

it('sends the end again, after what is missing, where the connection was lost before it arrived', async () => {
  const world = new World()
  const { server, live } = world
  await settle()
  server.socket!.letThrough(1, 1)
  live.sendAudio(Uint8Array.of(1, 2, 3))
  const done = live.end()
  const lost = server.socket!
  server.cut() // audio and end were sent, and are gone
  expect(lost.readyState).toBe(3)
  await world.finish([])
  expect([live.state, server.stored, server.asked]).toEqual(['done', [1, 2, 3], 1])
  expect(await done).toBeNull()
})
