import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamLog } from './stream-log.ts'

/** A server as the protocol describes it: bytes and gaps in order, durable up to a point, connections that end anywhere. */
class FakeServer {
  stored: (number | string)[] = []
  bytes = 0
  #inFlight: (() => void)[] = []
  readonly #seen = new Set<string>()

  send(item: ReturnType<StreamLog['take']>): void {
    if (!item) return
    this.#inFlight.push(() => {
      if (item.kind === 'audio') {
        this.stored.push(...item.bytes)
        this.bytes += item.bytes.length
      } else if (!this.#seen.has(item.gapId)) {
        this.#seen.add(item.gapId)
        this.stored.push(`gap ${item.ms}`)
      }
    })
  }

  /** Handles the next `count` messages. */
  receive(count: number): void {
    for (const handle of this.#inFlight.splice(0, count)) handle()
  }

  cut(): void {
    this.#inFlight = []
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('audio' as const), size: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gap' as const), ms: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('receive' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'ack' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'cut' as const }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Runs the steps, reconnects at the end and sends all. Bytes are numbered from 0 so that order and loss show. */
function run(steps: readonly Step[], maxBytes: number) {
  const log = new StreamLog({ maxBytes, durationMs: (bytes) => bytes.length })
  const server = new FakeServer()
  const captured: (number | string)[] = []
  let next = 0
  let lostMs = 0
  const sendSome = (count: number) => {
    for (let i = 0; i < count; i++) server.send(log.take())
  }
  for (const action of steps) {
    if (action.do === 'audio') {
      const bytes = Uint8Array.from({ length: action.size }, () => next++ % 256)
      captured.push(...bytes)
      lostMs += log.audio(bytes)
    } else if (action.do === 'gap') {
      log.gap(action.ms, 'muted')
      captured.push(`gap ${action.ms}`)
    } else if (action.do === 'send') sendSome(action.count)
    else if (action.do === 'receive') server.receive(action.count)
    else if (action.do === 'ack') log.confirm(server.bytes)
    else {
      server.cut()
      log.rewind(server.bytes)
    }
  }
  server.cut()
  log.rewind(server.bytes)
  sendSome(10_000)
  server.receive(10_000)
  log.confirm(server.bytes)
  return { log, server, captured, lostMs }
}

describe('the log of what was captured', () => {
  it('gives the server every byte and gap once, in order, whatever is cut', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { server, captured, log } = run(steps, 1_000_000)
        expect(server.stored).toEqual(captured)
        expect(log.keptBytes).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps to its bound, and the timeline stays as long as what was captured', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { server, captured } = run(steps, 12)
        const length = (all: readonly (number | string)[]): number =>
          all.reduce<number>((sum, one) => sum + (typeof one === 'number' ? 1 : Number(one.slice(4))), 0)
        expect(length(server.stored)).toBe(length(captured))
        // what is stored is the captured sequence with parts left out
        const bytes = server.stored.filter((one) => typeof one === 'number')
        let at = -1
        for (const byte of bytes) {
          at = captured.indexOf(byte, at + 1)
          expect(at).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('the bound of the log', () => {
  it('never keeps more bytes than it may and says how much was given up', () => {
    const log = new StreamLog({ maxBytes: 100, durationMs: (bytes) => bytes.length * 2 })
    let lost = 0
    for (let i = 0; i < 50; i++) lost += log.audio(new Uint8Array(10))
    expect(log.keptBytes).toBe(100)
    expect(lost).toBe(800)
    expect(log.take()).toMatchObject({ kind: 'hole', length: 400, ms: 800, reason: 'network' })
  })
})
