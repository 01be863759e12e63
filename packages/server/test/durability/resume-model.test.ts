import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LiveSession } from '../../src/session/service.ts'
import { streamBytes } from '../helpers/stream-bytes.ts'
import { ModelServer } from './simulator/model-server.ts'

/**
 * Any order of audio, gaps, waiting, lost connections, resumes with good and bad tokens, deaths and power cuts, against what the
 * protocol promises. `VIGIA_MODEL_RUNS` makes it longer.
 */

const RUNS = Number(process.env.VIGIA_MODEL_RUNS ?? 100)
const ID = 'modelled'

/** What the client of the session knows. */
interface Model {
  sent: number
  acked: number
  gaps: { atByte: number; ms: number; gapId: string }[]
  connected: boolean
  ended: boolean
}

/** The server, and the connection and tokens that the client has. */
class Real {
  readonly server: ModelServer
  connection: LiveSession | null = null
  superseded: LiveSession | null = null
  /** The token that the client came with, and the one it was given. */
  tokens: string[] = []
  stale: string[] = []
  durable: number[] = []

  constructor(seed: number) {
    this.server = new ModelServer(seed)
  }

  async open(token: string | undefined): Promise<LiveSession> {
    const config = { session_id: ID, encoding: 'pcm16', sample_rate: 16000, channels: 1, language: 'es', mode: 'transcribe' }
    const wanted = { ...config, results: 'end', block_ms: 5000, diarize: false, analyze: false } as never
    const opening = this.server.sessions.open(wanted, token, null, (event) => {
      if (event.type === 'durable') this.durable.push(event.receivedBytes)
    })
    const { session } = await this.server.settled(opening)
    this.superseded = this.connection
    this.connection = session
    return session
  }

  /** Acknowledgements since the last look: they rise, and say nothing that was not sent. */
  take(model: Model): void {
    for (const bytes of this.durable.splice(0)) {
      expect(bytes).toBeGreaterThanOrEqual(model.acked)
      expect(bytes).toBeLessThanOrEqual(model.sent)
      model.acked = bytes
    }
  }
}

type Step = fc.AsyncCommand<Model, Real>

class Send implements Step {
  readonly chunks: number
  constructor(chunks: number) {
    this.chunks = chunks
  }
  check = ({ connected }: Model): boolean => connected
  async run(model: Model, { connection }: Real): Promise<void> {
    for (let i = 0; i < this.chunks; i++) {
      const bytes = streamBytes(0, model.sent, 2 * (100 + ((model.sent * 7) % 400)))
      connection!.audio(bytes)
      model.sent += bytes.length
    }
  }
  toString = (): string => `send ${this.chunks}`
}

class Gap implements Step {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = ({ connected }: Model): boolean => connected
  async run(model: Model, { connection }: Real): Promise<void> {
    const gap = { atByte: model.sent, ms: this.ms, gapId: `g${model.gaps.length}` }
    model.gaps.push(gap)
    connection!.gap({ ms: gap.ms, reason: 'muted', gapId: gap.gapId })
  }
  toString = (): string => `gap ${this.ms}`
}

class Wait implements Step {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = (): boolean => true
  async run(model: Model, real: Real): Promise<void> {
    await real.server.clock.advance(this.ms)
    real.take(model)
  }
  toString = (): string => `wait ${this.ms}`
}

class Drop implements Step {
  check = ({ connected }: Model): boolean => connected
  async run(model: Model, real: Real): Promise<void> {
    real.connection!.detach()
    real.connection = null
    model.connected = false
  }
  toString = (): string => 'drop'
}

class Die implements Step {
  readonly how: 'kill' | 'power_cut'
  constructor(how: 'kill' | 'power_cut') {
    this.how = how
  }
  check = (): boolean => true
  async run(model: Model, real: Real): Promise<void> {
    real.take(model)
    real.server.die(this.how)
    real.connection = null
    real.superseded = null
    real.durable = []
    model.connected = false
    await real.server.start()
  }
  toString = (): string => this.how
}

/** With the newest token, the one that the last resume came with, an older one or a wrong one; the old connection may still live. */
class Resume implements Step {
  readonly pick: number
  constructor(pick: number) {
    this.pick = pick
  }
  check = ({ ended }: Model): boolean => !ended
  async run(model: Model, real: Real): Promise<void> {
    const bad = this.pick === 2 ? real.stale.at(-1) : this.pick === 3 ? 'wrong' : undefined
    if (bad !== undefined) {
      await expect(real.open(bad)).rejects.toMatchObject({ code: 'resume_denied' })
      return
    }
    const token = real.tokens[this.pick % real.tokens.length]!
    const session = await real.open(token)
    real.stale.push(...real.tokens.filter((one) => one !== token))
    real.tokens = [session.resumeToken, token]
    real.take(model)
    expect(session.receivedBytes).toBeGreaterThanOrEqual(model.acked)
    expect(session.receivedBytes).toBeLessThanOrEqual(model.sent)
    model.acked = session.receivedBytes
    const { superseded } = real
    if (superseded) expect(() => superseded.audio(Buffer.from([0, 0]))).toThrow(/taken this session over/)
    this.#sendAgain(model, session)
    model.connected = true
  }

  /** What the server does not have, with its gaps, as the first time. */
  #sendAgain(model: Model, session: LiveSession): void {
    let at = session.receivedBytes
    for (const { atByte, ms, gapId } of model.gaps.filter((gap) => gap.atByte >= session.receivedBytes)) {
      if (atByte > at) session.audio(streamBytes(0, at, atByte - at))
      session.gap({ ms, reason: 'muted', gapId })
      at = atByte
    }
    if (model.sent > at) session.audio(streamBytes(0, at, model.sent - at))
  }
  toString = (): string => `resume ${['newest', 'presented', 'stale', 'wrong'][this.pick]}`
}

class End implements Step {
  check = ({ connected }: Model): boolean => connected
  async run(model: Model, real: Real): Promise<void> {
    await real.server.settled(real.connection!.end())
    real.take(model)
    expect(model.acked).toBe(model.sent)
    Object.assign(model, { ended: true, connected: false })
    await expect(real.open(real.tokens[0])).rejects.toMatchObject({ code: 'session_not_live' })
  }
  toString = (): string => 'end'
}

const steps = [
  fc.integer({ min: 1, max: 6 }).map((chunks) => new Send(chunks)),
  fc.integer({ min: 1, max: 300 }).map((ms) => new Gap(ms)),
  fc.integer({ min: 1, max: 200 }).map((ms) => new Wait(ms)),
  fc.constant(new Drop()),
  fc.integer({ min: 0, max: 3 }).map((pick) => new Resume(pick)),
  fc.integer({ min: 0, max: 1 }).map((pick) => new Resume(pick)),
  fc.constantFrom(new Die('kill'), new Die('power_cut')),
  fc.constant(new End()),
]

it('keeps what it acknowledged and stores it once, in any order of what may happen to a session', {
  timeout: 30_000 + RUNS * 2000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1 }), fc.commands(steps, { maxCommands: 40 }), async (seed, commands) => {
      const real = new Real(seed)
      try {
        await real.server.start()
        const model: Model = { sent: 0, acked: 0, gaps: [], connected: true, ended: false }
        real.tokens = [(await real.open(undefined)).resumeToken]
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await checkStored(model, real)
      } finally {
        real.server.close()
      }
    }),
    { numRuns: RUNS },
  )
})

/** After a last power cut: all that was acknowledged, nothing that was not sent, each gap once. */
async function checkStored(model: Model, real: Real): Promise<void> {
  await new Die('power_cut').run(model, real)
  const { server } = real
  const record = await server.settled(server.store.sessions.get(ID))
  expect(record?.state).toBe(model.ended ? 'ending' : 'detached')
  const parts: Uint8Array[] = []
  const reading = (async () => {
    for await (const one of server.store.audio.read(ID)) {
      expect(one.kind).not.toBe('damage')
      if (one.kind === 'audio') parts.push(one.bytes)
    }
  })()
  await server.settled(reading)
  const stored = Buffer.concat(parts)
  expect(stored.length).toBe(record?.receivedBytes)
  expect(stored.length).toBeGreaterThanOrEqual(model.acked)
  expect(stored.equals(streamBytes(0, 0, stored.length))).toBe(true)
  const gaps = await server.settled(server.store.audio.gaps(ID))
  expect(gaps).toMatchObject(model.gaps.slice(0, gaps.length))
  expect(gaps.length).toBeGreaterThanOrEqual(model.gaps.filter(({ atByte }) => atByte < stored.length).length)
}
