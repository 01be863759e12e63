import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import type { Job, Store } from '../store/store.ts'
import { type JobHandler, JobRunner } from './job-runner.ts'

/** Jobs in memory, with the leases of the real store left out. */
function memoryJobs(...kinds: string[]) {
  const waiting: Job[] = kinds.map((kind, index) => ({
    id: index + 1,
    kind,
    sessionId: `s${index + 1}`,
    payload: {},
    attempts: 0,
  }))
  const log: string[] = []
  const jobs: Pick<Store['jobs'], 'claim' | 'done' | 'fail' | 'extend'> = {
    async claim() {
      const job = waiting.shift()
      return job ? { ...job, attempts: job.attempts + 1 } : null
    },
    async done(id) {
      log.push(`done ${id}`)
    },
    async fail(id, error, retryInMs) {
      log.push(`fail ${id} ${error} ${retryInMs}`)
      if (retryInMs !== null)
        waiting.push({
          id,
          kind: 'work',
          sessionId: `s${id}`,
          payload: {},
          attempts: log.filter((line) => line.startsWith(`fail ${id} `)).length,
        })
    },
    async extend(id) {
      log.push(`extend ${id}`)
    },
  }
  return { jobs: jobs as Store['jobs'], log }
}

const handler = (run: JobHandler['run'], giveUp: JobHandler['giveUp'] = async () => {}): Record<string, JobHandler> => ({
  work: { run, giveUp },
})

describe('JobRunner', () => {
  it('runs at most `parallel` jobs at a time, and all of them', async () => {
    const { jobs, log } = memoryJobs('work', 'work', 'work')
    const clock = createFakeClock()
    let running = 0
    let most = 0
    const release: (() => void)[] = []
    const runner = new JobRunner({
      jobs,
      clock,
      parallel: 2,
      handlers: handler(async () => {
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => release.push(resolve))
        running -= 1
      }),
    })
    runner.kick()
    await clock.advance(1)
    expect(release).toHaveLength(2)
    release[0]!()
    await clock.advance(1)
    expect(release).toHaveLength(3)
    for (const go of release) go()
    await clock.advance(1)
    expect(most).toBe(2)
    expect(log).toEqual(['done 1', 'done 2', 'done 3'])
    await runner[Symbol.asyncDispose]()
  })

  it('tries again after a failure that may pass, and gives up after the third', async () => {
    const { jobs, log } = memoryJobs('work')
    const clock = createFakeClock()
    const given: unknown[] = []
    const failing = handler(
      () => Promise.reject(new VigiaError('engine_crashed', 'gone')),
      async (_job, error) => void given.push(error),
    )
    const runner = new JobRunner({ jobs, clock, parallel: 1, handlers: failing })
    runner.kick()
    await clock.advance(1)
    expect(log).toEqual(['fail 1 engine_crashed 1000', 'fail 1 engine_crashed 5000', 'fail 1 engine_crashed null'])
    expect(given).toHaveLength(1)
    await runner[Symbol.asyncDispose]()
  })

  it('does not repeat what cannot succeed', async () => {
    const { jobs, log } = memoryJobs('work')
    const clock = createFakeClock()
    const runner = new JobRunner({
      jobs,
      clock,
      parallel: 1,
      handlers: handler(() => Promise.reject(new VigiaError('invalid_audio', 'no'))),
    })
    runner.kick()
    await clock.advance(1)
    expect(log).toEqual(['fail 1 invalid_audio null'])
    await runner[Symbol.asyncDispose]()
  })

  it('keeps the lease while a job runs, and leaves an unfinished job to the next start', async () => {
    const { jobs, log } = memoryJobs('work')
    const clock = createFakeClock()
    const runner = new JobRunner({
      jobs,
      clock,
      parallel: 1,
      leaseMs: 30_000,
      handlers: handler(
        (_job, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    })
    runner.kick()
    await clock.advance(25_000)
    expect(log).toEqual(['extend 1', 'extend 1'])
    await runner[Symbol.asyncDispose]()
    expect(log).toEqual(['extend 1', 'extend 1'])
  })

  it('ends the job of a session that is cancelled, for good', async () => {
    const { jobs, log } = memoryJobs('work')
    const clock = createFakeClock()
    const runner = new JobRunner({
      jobs,
      clock,
      parallel: 1,
      handlers: handler(
        (_job, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    })
    runner.kick()
    await clock.advance(1)
    await runner.cancel('s1', new Error('erased'))
    expect(log).toEqual(['done 1'])
    await runner[Symbol.asyncDispose]()
  })
})
