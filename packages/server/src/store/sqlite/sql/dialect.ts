import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { SqlClient, SqlLock } from './client.ts'
import type { Database } from './schema.ts'

/** Kysely over the database thread. Single queries join the thread's group commit; transactions hold the connection. */
export function openKysely(client: SqlClient): Kysely<Database> {
  const dialect: Dialect = {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new ThreadDriver(client),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
  return new Kysely<Database>({ dialect })
}

/** SQLite changes its schema inside transactions; kysely's own adapter does not use that, so a migration could stop half-way. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class ThreadDriver implements Driver {
  readonly #client: SqlClient

  constructor(client: SqlClient) {
    this.#client = client
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<ThreadConnection> {
    return new ThreadConnection(this.#client)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as ThreadConnection).begin()
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as ThreadConnection).finish('commit')
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as ThreadConnection).finish('rollback')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class ThreadConnection implements DatabaseConnection {
  readonly #client: SqlClient
  #lock: SqlLock | null = null

  constructor(client: SqlClient) {
    this.#client = client
  }

  async begin(): Promise<void> {
    const lock = await this.#client.lock()
    try {
      await this.#client.plain({ sql: 'begin', parameters: [] }, lock)
      this.#lock = lock
    } catch (error) {
      this.#client.unlock(lock)
      throw error
    }
  }

  async finish(how: 'commit' | 'rollback'): Promise<void> {
    const lock = this.#lock!
    try {
      await this.#client.plain({ sql: how, parameters: [] }, lock)
    } finally {
      this.#lock = null
      this.#client.unlock(lock)
    }
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = { sql, parameters }
    const result = this.#lock ? await this.#client.plain(statement, this.#lock) : (await this.#client.atomic([statement]))[0]!
    return {
      rows: result.rows as R[],
      numAffectedRows: BigInt(result.changes),
      insertId: BigInt(result.lastId),
    }
  }

  // biome-ignore lint/correctness/useYield: the port of kysely asks for a generator; results of this store are small
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not supported by the database thread')
  }
}
