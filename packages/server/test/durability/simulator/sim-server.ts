import { NativeConnection, type Wire } from '../../../src/protocols/native/connection.ts'
import type { SessionService } from '../../../src/session/service.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { testKey } from '../../helpers/test-key.ts'
import { GENEROUS, openDeafSessions } from '../deaf-sessions.ts'
import { Life } from './life.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimLink } from './sim-network.ts'
import type { SimSql } from './sim-sql.ts'

export interface SimServerOptions {
  clock: Clock
  random: () => number
  disk: SimDisk
  sql: SimSql
  /** Each promise as it leaves the server: so many bytes of the session are safe. */
  onPromise: (sessionId: string, bytes: number) => void
  /** After each start, before the first connection. */
  onRecovered: (store: Store) => Promise<void>
}

const CHECK_MS = 2000

/** The server's own sessions and store, over any number of lives, on a simulated machine. Finished sessions are not transcribed. */
export class SimServer {
  readonly #options: SimServerOptions
  #life: Life
  #links = new Set<SimLink>()
  #running: { store: Store; sessions: SessionService } | null = null
  starts = 0

  constructor(options: SimServerOptions) {
    this.#options = options
    this.#life = new Life(options.clock)
    this.#life.end()
  }

  /** The store of the server that runs now; null while there is none. */
  get store(): Store | null {
    return this.#running?.store ?? null
  }

  /** Starts and recovers; a disk that fails meanwhile makes it try again, as a supervisor would. */
  start(): void {
    if (!this.#life.isOver) return
    this.#life = new Life(this.#options.clock)
    void this.#run(this.#life)
  }

  /** The process dies between two instructions; the machine may die with it. */
  die(how: 'kill' | 'power_cut'): void {
    this.#life.end()
    this.#running = null
    this.#options.sql.crash()
    if (how === 'power_cut') this.#options.disk.powerCut()
    for (const link of this.#links) link.serverDied(how === 'power_cut')
    this.#links = new Set()
  }

  connect(link: SimLink): void {
    const { sessions } = this.#running ?? {}
    if (!sessions) {
      link.refuse()
      return
    }
    const life = this.#life
    this.#links.add(link)
    link.accept((wire) => this.#connection(life, sessions, wire))
  }

  async #run(life: Life): Promise<void> {
    const { disk, sql, onRecovered } = this.#options
    try {
      const store = await openSqliteStore({
        dataDir: '/data',
        clock: life.clock,
        files: disk.mount(life),
        client: sql.mount(life),
        flushMs: 20,
        segmentBytes: 8000,
        // by way of the journal, or each file for itself
        journalFrom: this.#options.random() < 0.5 ? 1 : 100,
        key: testKey,
      })
      const idle: Store = { ...store, jobs: { ...store.jobs, claim: async () => null } }
      const sessions = await openDeafSessions(idle, life.clock)
      await onRecovered(store)
      if (life.isOver) return
      this.starts += 1
      this.#running = { store, sessions }
    } catch {
      await life.wait(500)
      life.end()
      this.start()
    }
  }

  #connection(life: Life, sessions: SessionService, wire: Wire): NativeConnection {
    const { onPromise } = this.#options
    let sessionId = ''
    const overheard: Wire = {
      ...wire,
      get bufferedBytes() {
        return wire.bufferedBytes
      },
      send(text) {
        if (life.isOver) return
        const message = JSON.parse(text) as { type: string; session_id?: string; received_bytes?: number }
        sessionId = message.session_id ?? sessionId
        if (message.received_bytes !== undefined) onPromise(sessionId, message.received_bytes)
        wire.send(text)
      },
    }
    const connection = new NativeConnection({
      ...GENEROUS,
      wire: overheard,
      sessions,
      clock: life.clock,
      owner: null,
      idleMs: 30_000,
    })
    life.clock.setInterval(() => connection.checkIdle(), CHECK_MS)
    return connection
  }
}
