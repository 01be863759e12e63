import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/**
 * Holds an exclusive transaction on a database of its own for as long as this process lives, or until it is closed: the operating
 * system frees it however the process ends, and the main database stays readable for backups.
 */
export function lockDataDir(lockPath: string): DatabaseSync {
  const lock = new DatabaseSync(lockPath)
  lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  return lock
}

/** Whether another process holds the lock. */
export const isLocked = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
