import type { SessionService } from '../../../src/session/service.ts'
import { createFakeClock } from '../../../src/std/fake-clock.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { seededRandom } from '../../helpers/signals.ts'
import { testKey } from '../../helpers/test-key.ts'
import { openDeafSessions } from '../deaf-sessions.ts'
import { Life, wholeMilliseconds } from './life.ts'
import { SimDisk } from './sim-disk.ts'
import { SimSql } from './sim-sql.ts'

/** The real sessions and store on a simulated machine, driven call by call. */
export class ModelServer {
  readonly clock = createFakeClock()
  readonly #random: () => number
  readonly #disk: SimDisk
  readonly #sql: SimSql
  #life = new Life(wholeMilliseconds(this.clock))
  #sessions: SessionService | null = null
  #store: Store | null = null

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#disk = new SimDisk(this.#random)
    this.#sql = new SimSql(this.#random)
  }

  get sessions(): SessionService {
    return this.#sessions!
  }

  get store(): Store {
    return this.#store!
  }

  async start(): Promise<void> {
    this.#life = new Life(wholeMilliseconds(this.clock))
    const { clock } = this.#life
    const options = { dataDir: '/data', clock, files: this.#disk.mount(this.#life), client: this.#sql.mount(this.#life) }
    const journalFrom = this.#random() < 0.5 ? 1 : 100
    this.#store = await this.settled(openSqliteStore({ ...options, flushMs: 20, segmentBytes: 4000, journalFrom, key: testKey }))
    const idle: Store = { ...this.#store, jobs: { ...this.#store.jobs, claim: async () => null } }
    this.#sessions = await this.settled(openDeafSessions(idle, clock))
  }

  /** Without warning, with whatever was on its way. */
  die(how: 'kill' | 'power_cut'): void {
    this.#life.end()
    this.#sql.crash()
    if (how === 'power_cut') this.#disk.powerCut()
  }

  /** Lets time pass until the answer is there. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false
    promise.then(
      () => {
        done = true
      },
      () => {
        done = true
      },
    )
    for (let turns = 0; !done && turns < 10_000; turns++) await this.clock.advance(5)
    if (!done) throw new Error('no answer in 50 s of simulated time')
    return await promise
  }

  close(): void {
    this.#life.end()
    this.#sql.crash()
    this.#sql.close()
  }
}
