import { writeFileSync } from 'node:fs'
import { stdin } from 'node:process'
import { createInterface } from 'node:readline'
import { codesOf, SIZE, STEPS } from './char-model.ts'

/**
 * Builds the character model from sentences on standard input:
 *
 *     cd models/tiny-es-asr/train
 *     python3 make_text.py 120000 | node ../../../packages/server/src/engines/adapters/embedded/build-char-model.ts ../es-chars.bin
 */

/** Counts of n-grams of one length, by index in base SIZE; of their contexts, and of the kinds of letters behind them. */
class Counts {
  readonly grams = new Map<number, number>()
  readonly contexts = new Map<number, { total: number; kinds: number }>()

  add(index: number): void {
    const seen = this.grams.get(index) ?? 0
    this.grams.set(index, seen + 1)
    const context = this.contexts.get(Math.floor(index / SIZE)) ?? { total: 0, kinds: 0 }
    this.contexts.set(Math.floor(index / SIZE), { total: context.total + 1, kinds: context.kinds + (seen === 0 ? 1 : 0) })
  }
}

const ORDERS = 4
const counts = Array.from({ length: ORDERS + 1 }, () => new Counts())

/** Witten–Bell: the share of the shorter context is the share of first-time letters in this one. */
function probability(index: number, order: number): number {
  if (order === 0) return 1 / SIZE
  const gram = index % SIZE ** order
  const context = counts[order]!.contexts.get(Math.floor(gram / SIZE))
  const shorter = probability(gram, order - 1)
  if (!context) return shorter
  return ((counts[order]!.grams.get(gram) ?? 0) + context.kinds * shorter) / (context.total + context.kinds)
}

const toByte = (probability: number): number => Math.min(255, Math.round(-Math.log(probability) * STEPS))

for await (const line of createInterface({ input: stdin })) {
  const codes = codesOf(line)
  for (let at = 3; at < codes.length; at += 1) {
    const index = ((codes[at - 3]! * SIZE + codes[at - 2]!) * SIZE + codes[at - 1]!) * SIZE + codes[at]!
    for (let order = 1; order <= ORDERS; order += 1) counts[order]!.add(index % SIZE ** order)
  }
}

const cube = SIZE ** 3
const dense = new Uint8Array(2 * cube)
for (let index = 0; index < cube; index += 1) {
  dense[index] = toByte(probability(index, 3))
  const context = counts[4]!.contexts.get(index)
  dense[cube + index] = context ? toByte(context.kinds / (context.total + context.kinds)) : 0
}
const seen = [...counts[4]!.grams.keys()].sort((a, b) => a - b)
const sparse = Buffer.alloc(seen.length * 4)
for (const [at, index] of seen.entries()) sparse.writeUInt32LE(index * 256 + toByte(probability(index, 4)), at * 4)
const path = process.argv[2]
if (!path) throw new Error('usage: build-char-model.ts OUTPUT < sentences')
writeFileSync(path, Buffer.concat([dense, sparse]))
console.log(`${seen.length} four-grams, ${dense.length + sparse.length} bytes`)
