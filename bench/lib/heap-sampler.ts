import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { isMainThread } from 'node:worker_threads'

/**
 * Preloaded into a gateway (`--import`): the first SIGUSR2 starts V8's sampling heap profiler on its main thread, the second writes what
 * it saw to `VIGIA_BENCH_HEAP_PROFILE`, the third starts again. What was collected meanwhile counts: these are allocations, not what is held.
 */

const file = process.env.VIGIA_BENCH_HEAP_PROFILE
/** Bytes between two samples, on average. */
const INTERVAL = 8192

// engine processes inherit the option and are not what is measured
if (file && isMainThread && process.argv.includes('serve')) {
  const session = new Session()
  session.connect()
  let running = false
  process.on('SIGUSR2', () => {
    running = !running
    if (running) {
      session.post('HeapProfiler.startSampling', {
        samplingInterval: INTERVAL,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      } as object)
      writeFileSync(file, '')
      return
    }
    session.post('HeapProfiler.stopSampling', (error, answer) => {
      writeFileSync(file, error ? JSON.stringify({ error: error.message }) : JSON.stringify(answer.profile))
    })
  })
}
