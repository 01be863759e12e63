import type { Compilable, Kysely } from 'kysely'
import type { Clock } from '../../std/clock.ts'
import type { FileOps } from './files.ts'
import type { StorePaths } from './paths.ts'
import type { SqlClient } from './sql/client.ts'
import type { SqlResult } from './sql/messages.ts'
import type { Database } from './sql/schema.ts'

/** Where the store reports what it repaired or could not. Fields hold no content. */
export interface StoreLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** What each part of the store works with. */
export interface StoreContext {
  db: Kysely<Database>
  client: SqlClient
  files: FileOps
  paths: StorePaths
  clock: Clock
  log: StoreLog
}

/** Runs the queries in one transaction, in order; durable when it resolves. */
export async function atomically(client: SqlClient, queries: readonly Compilable[]): Promise<SqlResult[]> {
  return await client.atomic(queries.map((query) => query.compile()))
}

/** The clock's wall time as the store writes it. */
export function isoNow(clock: Clock): string {
  return new Date(clock.wallMs()).toISOString()
}
