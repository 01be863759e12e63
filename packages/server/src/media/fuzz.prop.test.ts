import type { Encoding } from '@vigia/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePieces, encodeOpus, mediaFixture, voice } from '../../test/helpers/media-fixtures.ts'
import { concatSamples, cut, seededRandom } from '../../test/helpers/signals.ts'
import { createDecoder } from './decoder.ts'

const FILES: [Encoding, string][] = [
  ['wav', 'voice.wav'],
  ['flac', 'voice.flac'],
  ['mp3', 'voice-44k1.mp3'],
  ['ogg_opus', 'voice-20ms-pages.ogg'],
  ['webm_opus', 'voice-live.webm'],
  ['webm_opus', 'voice-mediarecorder.webm'],
]
/** Shares of damaged bytes. */
const RATES = [0.0005, 0.005, 0.05, 0.5]

interface Hurt {
  seed: number
  rate: number
  from: number
}
const hurt = fc.record({ seed: fc.integer(), rate: fc.constantFrom(...RATES), from: fc.integer({ min: 0, max: 3000 }) })

/** Damages random bytes after the first 400, cuts a piece out of the middle, splits at random. */
function damaged(bytes: Uint8Array, { seed, rate, from }: Hurt): Uint8Array[] {
  const random = seededRandom(seed)
  const copy = bytes.map((byte, i) => (i > 400 && random() < rate ? Math.floor(random() * 256) : byte))
  const joined = Buffer.concat([copy.subarray(0, 400), copy.subarray(400 + from)])
  return cut(new Uint8Array(joined), [1 + Math.floor(random() * 3000), 1 + Math.floor(random() * 50)])
}

describe.each(FILES)('%s, %s', (encoding, file) => {
  const bytes = mediaFixture(file)

  it('survives damage: it answers, in bounds, and decodes good input afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(hurt, async (options) => {
        const decoder = await createDecoder({ encoding, sampleRate: 16_000, channels: 1 })
        const before = concatSamples(damaged(bytes, options).map((piece) => decoder.decode(piece)))
        // a damaged length may swallow some of what follows: the second copy is whole whatever the first one lost
        const good = new Uint8Array(Buffer.concat([bytes, bytes]))
        const after = cut(good, [997]).map((piece) => decoder.decode(piece))
        const end = decoder.end()
        const damage = decoder.takeDamage()
        decoder.free()
        expect(damage.map(({ reason }) => reason)).not.toContain('the decoder failed')
        expect(damage.length).toBeLessThanOrEqual(64)
        expect(before.length).toBeLessThan(16_000 * 200)
        // A WAV file says how long it is: what comes after that is no longer its audio.
        if (encoding !== 'wav') expect(concatSamples([...after, end]).length).toBeGreaterThan(16_000 * 2)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), async (pieces) => {
        try {
          const { samples } = await decodePieces(encoding, [bytes.subarray(0, 600), ...pieces])
          expect(samples.length).toBeLessThan(16_000 * 200)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid_audio|unsupported_codec)$/) })
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('raw Opus', () => {
  it('answers every packet, however damaged, with at most 120 ms', async () => {
    const { packets } = encodeOpus(voice().subarray(0, 16_000))
    const decoder = await createDecoder({ encoding: 'opus', sampleRate: 16_000, channels: 1 })
    fc.assert(
      fc.property(fc.nat(packets.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }), (index, changes) => {
        const packet = packets[index]!.slice()
        for (const [at, value] of changes) packet[at % packet.length] = value
        expect(decoder.decode(packet).length).toBeLessThanOrEqual(1920)
      }),
      { numRuns: 2000 },
    )
    expect(decoder.decode(packets[5]!)).toHaveLength(320)
    decoder.free()
  })
})
