import type { BitReader } from './bit-reader.ts'

/** Subframes of FLAC: RFC 9639 §9.2. Samples are doubles, exact up to the 33 bits of a side channel. */

/** Coefficients of the fixed predictors, newest sample first: RFC 9639 §9.2.5. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

/**
 * One channel of a frame.
 *
 * @throws RangeError when the bits cannot be a subframe
 */
export function readSubframe(bits: BitReader, blockSize: number, bitsPerSample: number): Float64Array {
  if (bits.read(1) !== 0) throw new RangeError('padding bit set')
  const type = bits.read(6)
  const wasted = bits.read(1) === 1 ? bits.readUnary() + 1 : 0
  const width = bitsPerSample - wasted
  if (width < 1) throw new RangeError('no bits left')
  const samples = new Float64Array(blockSize)
  if (type === 0) samples.fill(bits.readSigned(width))
  else if (type === 1) readWarmUp(bits, samples, blockSize, width)
  else if (type >= 8 && type <= 12) readFixed(bits, samples, type - 8, width)
  else if (type >= 32) readLinear(bits, samples, type - 31, width)
  else throw new RangeError('reserved subframe type')
  if (wasted > 0) for (let i = 0; i < blockSize; i++) samples[i]! *= 2 ** wasted
  return samples
}

function readWarmUp(bits: BitReader, samples: Float64Array, count: number, width: number): void {
  if (count > samples.length) throw new RangeError('predictor longer than the block')
  for (let i = 0; i < count; i++) samples[i] = bits.readSigned(width)
}

function readFixed(bits: BitReader, samples: Float64Array, order: number, width: number): void {
  readWarmUp(bits, samples, order, width)
  readResidual(bits, samples, order)
  predict(samples, FIXED[order]!, 0)
}

function readLinear(bits: BitReader, samples: Float64Array, order: number, width: number): void {
  readWarmUp(bits, samples, order, width)
  const precision = bits.read(4) + 1
  const shift = bits.readSigned(5)
  if (precision === 16 || shift < 0) throw new RangeError('reserved predictor')
  const coefficients = Array.from({ length: order }, () => bits.readSigned(precision))
  readResidual(bits, samples, order)
  predict(samples, coefficients, shift)
}

/** Adds the prediction to the residual in place. */
function predict(samples: Float64Array, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length
  const scale = 2 ** -shift
  for (let i = order; i < samples.length; i++) {
    let sum = 0
    for (let j = 0; j < order; j++) sum += coefficients[j]! * samples[i - 1 - j]!
    samples[i]! += Math.floor(sum * scale)
  }
}

/** Rice-coded residual, RFC 9639 §9.2.7, into `samples` from `order` on. */
function readResidual(bits: BitReader, samples: Float64Array, order: number): void {
  const method = bits.read(2)
  if (method > 1) throw new RangeError('reserved residual coding')
  const parameterBits = 4 + method
  const partitions = 1 << bits.read(4)
  const size = samples.length / partitions
  if (!Number.isInteger(size) || size < order) throw new RangeError('partitions do not fit the block')
  for (let partition = 0; partition < partitions; partition++) {
    const from = partition === 0 ? order : partition * size
    const parameter = bits.read(parameterBits)
    if (parameter === (1 << parameterBits) - 1) readRaw(bits, samples, from, (partition + 1) * size)
    else readRice(bits, samples, from, (partition + 1) * size, parameter)
  }
}

function readRaw(bits: BitReader, samples: Float64Array, from: number, to: number): void {
  const width = bits.read(5)
  for (let i = from; i < to; i++) samples[i] = bits.readSigned(width)
}

function readRice(bits: BitReader, samples: Float64Array, from: number, to: number, parameter: number): void {
  const step = 2 ** parameter
  for (let i = from; i < to; i++) {
    const folded = bits.readUnary() * step + bits.read(parameter)
    samples[i] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }
}
