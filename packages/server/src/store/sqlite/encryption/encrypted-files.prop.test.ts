import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { OpenFile } from '../../file-ops.ts'
import { FaultFs } from '../testing/fault-fs.ts'
import { TEST_KEY } from '../testing/harness.ts'
import { encryptedFiles } from './encrypted-files.ts'
import { HEADER_BYTES } from './file-cipher.ts'

const PATH = '/data/file'

type Step =
  | { op: 'append' | 'beyond'; bytes: number; by: number }
  | { op: 'cut'; share: number }
  | { op: 'extend'; by: number }
  | { op: 'fresh' }
  | { op: 'reopen' }

const size = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 3000, max: 9000 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constantFrom('append' as const, 'beyond' as const), bytes: size, by: size }),
  fc.record({ op: fc.constant('cut' as const), share: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ op: fc.constant('extend' as const), by: size }),
  fc.record({ op: fc.constant('fresh' as const) }),
  fc.record({ op: fc.constant('reopen' as const) }),
)

/** The disk, which also counts places of a key stream that stood under two contents. */
class WatchedFs extends FaultFs {
  readonly #seen = new Map<string, number>()
  reused = 0

  override async open(path: string, options: { fresh?: boolean } = {}): Promise<OpenFile> {
    const inner = await super.open(path, options)
    let salt = (await this.read(path, 8, 32)).toString('hex')
    return {
      ...inner,
      write: async (buffers, position) => {
        const bytes = Buffer.concat(buffers)
        if (position === 0) salt = bytes.subarray(8, 40).toString('hex')
        for (const [i, byte] of bytes.entries()) if (position + i >= HEADER_BYTES) this.#look(`${salt} ${position + i}`, byte)
        await inner.write(buffers, position)
      },
    }
  }

  #look(place: string, byte: number): void {
    if ((this.#seen.get(place) ?? byte) !== byte) this.reused += 1
    this.#seen.set(place, byte)
  }
}

it('gives back what was written, and uses no place of a key stream twice, whatever is appended, cut and left out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 255 })),
      async (steps, noise) => {
        const disk = new WatchedFs()
        const files = encryptedFiles(disk, TEST_KEY, '/data/tmp')
        let model = Buffer.alloc(0)
        let file = await files.open(PATH)
        for (const one of steps) {
          if (one.op === 'append' || one.op === 'beyond') {
            const bytes = Buffer.from(Array.from({ length: one.bytes }, () => noise.next().value as number))
            const at = model.length + (one.op === 'beyond' ? one.by : 0)
            await file.write([bytes.subarray(0, 7), bytes.subarray(7)], at)
            model =
              bytes.length === 0 && one.op === 'append' ? model : Buffer.concat([model, Buffer.alloc(at - model.length), bytes])
          } else if (one.op === 'cut') {
            const length = Math.floor((model.length * one.share) / 100)
            await file.truncate(length)
            model = model.subarray(0, length)
          } else if (one.op === 'extend') {
            await file.truncate(model.length + one.by)
            model = Buffer.concat([model, Buffer.alloc(one.by)])
          } else {
            await file.close()
            file = await files.open(PATH, { fresh: one.op === 'fresh' })
            if (one.op === 'fresh') model = Buffer.alloc(0)
          }
          expect(await files.size(PATH)).toBe(model.length)
        }
        const whole = await files.read(PATH, 0, model.length + 10)
        expect(whole.equals(model)).toBe(true)
        for (const at of [1, 17, 1023, 4095, Math.floor(model.length / 2)]) {
          const part = await files.read(PATH, at, 5000)
          expect(part.equals(model.subarray(at, at + 5000))).toBe(true)
        }
        expect(disk.reused).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
