import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../serve.ts'
import type { FakeCalls } from './fake-calls.ts'

/** An engine process with a fault per call, for the tests of the host. Its first argument is a fault at load. */

const block = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Ends as a native library does whose allocation failed. */
function runOutOfMemory(): never {
  process.stderr.write('ggml_cuda_device_malloc: cudaMalloc failed: out of memory\n')
  process.abort()
}

serveEngine<FakeCalls>({
  load(fault) {
    if (fault === 'exit') process.exit(255)
    if (fault === 'hang') block(60_000)
    if (fault === 'oom') runOutOfMemory()
    if (fault === 'refuse') throw new VigiaError('model_invalid', 'Expected a model, got none.', { hint: 'Bring one.' })
    return process.pid
  },
  echo: (value) => value,
  environment: () => Object.keys(process.env),
  exit(code) {
    process.exit(code)
  },
  oom: runOutOfMemory,
  kill(signal) {
    process.kill(process.pid, signal)
    return new Promise(() => {})
  },
  block(ms) {
    block(ms)
    return null
  },
  fail() {
    throw new TypeError('a bug')
  },
  count(to, { part }) {
    for (let n = 1; n <= to; n += 1) part(n)
    return to
  },
  async untilAborted(_, { signal }) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return null
  },
  async flood(megabytes) {
    const line = `${'x'.repeat(1023)}\n`.repeat(1024)
    for (let n = 0; n < megabytes; n += 1) await new Promise((resolve) => process.stdout.write(line, resolve))
    return null
  },
  garbage() {
    for (const junk of [
      null,
      7,
      'text',
      {},
      { type: 'result' },
      { type: 'result', id: 999_999, value: 1 },
      { type: 'else', id: 1 },
    ])
      process.send?.(junk as never)
    return null
  },
})
