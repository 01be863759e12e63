import { VigiaError } from '@vigia/protocol'
import { sql } from 'kysely'
import type { AudioLog, Store, StreamGap } from '../../store.ts'
import { atomically, type StoreContext } from '../context.ts'
import { fromFileError, sessionNotFound } from '../errors.ts'
import { GroupedAudioLog } from './audio-log.ts'
import { GroupCommit } from './group-commit.ts'
import { Journal } from './journal.ts'
import { loadManifest, type SessionAudio } from './manifest.ts'
import { readAudio } from './read-audio.ts'
import { SegmentWriter } from './segment-writer.ts'
import { slabPool } from './slab-pool.ts'
import { type CommitEntry, type NumberedGap, StreamWriter } from './stream-writer.ts'
import { trimTail } from './trim-tail.ts'

export interface AudioStoreOptions {
  flushMs: number
  /** Bytes that may wait for the disk, over all sessions. */
  maxPendingBytes: number
  segmentBytes?: number
  syncConcurrency?: number
  /** Sessions with new audio from which on one journal is synced instead of each one's file. */
  journalFrom?: number
}

/** The audio of all sessions, and what only the store itself may do with it. */
export interface AudioStore {
  port: Store['audio']
  /** Writers that are open. */
  openCount(): number
  /** Ends an open writer without flushing; nothing when there is none. */
  discard(sessionId: string): Promise<void>
  /** Syncs all files of recordings, and leaves nothing of the session in the journal. */
  scrub(sessionId: string): Promise<void>
  /** Flushes and closes all writers. */
  close(): Promise<void>
}

export function audioStore(context: StoreContext, options: AudioStoreOptions): AudioStore {
  const { db, client, files, paths, clock, log } = context
  const pool = slabPool()
  const open = new Map<string, Promise<GroupedAudioLog>>()
  const write = async (): Promise<ReadonlySet<string>> => await group.write()
  const journal = new Journal({ files, dir: paths.journal, pathOf: paths.audioSegment, clock, log, write })
  const group = new GroupCommit({
    flushMs: options.flushMs,
    clock,
    journal,
    journalFrom: options.journalFrom,
    syncConcurrency: options.syncConcurrency,
    commit: async (entries) => await commitEntries(context, entries),
    onFault: (error) => log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'audio callback failed'),
  })

  const openWriter = async (sessionId: string): Promise<GroupedAudioLog> => {
    const audio = await loadManifest(db, sessionId)
    if (!audio) throw sessionNotFound(sessionId)
    await files.ensureDir(paths.audioDir(sessionId))
    const { tail, cutBytes } = await trimTail({ files, paths, sessionId, manifest: audio })
    // what was cut may be in the journal, which must not write it over what comes now
    if (cutBytes > 0) await journal.checkpoint()
    const segments = new SegmentWriter({
      sessionId,
      files,
      pathOf: (no) => paths.audioSegment(sessionId, no),
      isDoubtful: (path) => journal.isDoubtful(path),
      onDoubt: (path) => journal.doubt(path),
      tail,
      nextNo: (audio.segments.at(-1)?.no ?? 0) + 1,
      segmentBytes: options.segmentBytes,
    })
    const { packets, receivedBytes: startByte, gaps } = audio
    const writer = new StreamWriter({ sessionId, packets, pool, segments, startByte, gapNo: gaps.at(-1)?.no ?? 0 })
    const onClosed = (): void => void open.delete(sessionId)
    const audioLog = new GroupedAudioLog({ writer, group, packets, gaps, maxPendingBytes: options.maxPendingBytes, onClosed })
    group.add(audioLog)
    return audioLog
  }

  const closeWriter = async (sessionId: string): Promise<void> => {
    const writer = await open.get(sessionId)?.catch(() => null)
    await writer?.close().catch((error: unknown) => {
      const code = VigiaError.is(error) ? error.code : 'internal'
      log.error({ sessionId, code }, 'recording closed with bytes that could not be stored')
    })
  }

  /** What is durable, with every byte of it in a file. */
  const writtenManifest = async (sessionId: string): Promise<SessionAudio> => {
    const manifest = await mustLoad(context, sessionId)
    const writer = await open.get(sessionId)?.catch(() => null)
    if (!writer || (await writer.write())) return manifest
    // its file is broken: another one must be named first
    await writer.flush()
    return await mustLoad(context, sessionId)
  }

  return {
    port: {
      async open(sessionId): Promise<AudioLog> {
        if (open.has(sessionId)) throw writerOpen(sessionId)
        const opening = openWriter(sessionId)
        open.set(sessionId, opening)
        try {
          return await opening
        } catch (error) {
          open.delete(sessionId)
          throw fromFileError('recording', error)
        }
      },

      async *read(sessionId, from = 0) {
        const manifest = await writtenManifest(sessionId)
        const pathOf = (no: number): string => paths.audioSegment(sessionId, no)
        const gaps = manifest.gaps.map(withoutNo)
        try {
          yield* readAudio({ files, manifest: { ...manifest, gaps }, pathOf, from, packets: manifest.packets })
        } catch (error) {
          throw fromFileError('recording', error)
        }
      },

      async gaps(sessionId) {
        const { gaps } = await mustLoad(context, sessionId)
        return gaps.map(withoutNo)
      },

      async eraseRecording(sessionId) {
        if (open.has(sessionId)) throw writerOpen(sessionId)
        const { segments } = await mustLoad(context, sessionId)
        const hadFiles = (await files.list(paths.audioDir(sessionId))).length > 0
        // rows first: what a crash leaves then are files that nothing names, which the next call removes
        await atomically(client, [
          db.deleteFrom('audio_segments').where('session_id', '=', sessionId),
          db.updateTable('sessions').set({ received_bytes: 0 }).where('id', '=', sessionId),
        ])
        await journal.checkpoint(sessionId)
        await files.remove(paths.audioDir(sessionId))
        return hadFiles || segments.length > 0
      },

      pcmPath: (sessionId) => paths.pcm(sessionId),
    },

    openCount: () => open.size,

    async discard(sessionId) {
      const writer = await open.get(sessionId)?.catch(() => null)
      await writer?.discard()
    },

    scrub: async (sessionId) => await journal.checkpoint(sessionId),

    async close() {
      await Promise.all([...open.keys()].map(closeWriter))
      await group.stop()
      await journal
        .close()
        .catch((error: unknown) => log.error({ error: codeOf(error) }, 'the journal is left for the next start'))
    },
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown'

async function mustLoad({ db }: StoreContext, sessionId: string): Promise<SessionAudio> {
  const audio = await loadManifest(db, sessionId)
  if (!audio) throw sessionNotFound(sessionId)
  return audio
}

function withoutNo({ no: _, ...gap }: NumberedGap): StreamGap {
  return gap
}

function writerOpen(sessionId: string): VigiaError {
  return new VigiaError('conflict', `The recording of session "${sessionId}" is already open for writing.`)
}

/**
 * Three statements for all sessions of a tick. Sessions that were erased meanwhile are passed over; repeating an entry changes
 * nothing, because it is not known whether a commit that failed took place.
 */
async function commitEntries({ db, client }: StoreContext, entries: readonly CommitEntry[]): Promise<ReadonlySet<string>> {
  const bytes = JSON.stringify(entries.map(({ sessionId, receivedBytes }) => [sessionId, receivedBytes]))
  const segments = JSON.stringify(
    entries.flatMap(({ sessionId, segments }) =>
      segments.map((one) => [sessionId, one.no, one.startByte, one.endByte, one.length]),
    ),
  )
  const gaps = entries.flatMap(({ sessionId, gaps }) =>
    gaps.map((gap) => [sessionId, gap.no, gap.atByte, gap.ms, gap.reason, gap.gapId ?? null]),
  )
  const queries = [
    sql`UPDATE sessions SET received_bytes = j.value ->> 1 FROM json_each(${bytes}) j
      WHERE sessions.id = j.value ->> 0 RETURNING sessions.id AS id`,
    sql`INSERT INTO audio_segments (session_id, no, start_byte, end_byte, length)
      SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4 FROM json_each(${segments}) j
      WHERE EXISTS (SELECT 1 FROM sessions WHERE sessions.id = j.value ->> 0)
      ON CONFLICT DO UPDATE SET end_byte = excluded.end_byte, length = excluded.length`,
    ...(gaps.length === 0
      ? []
      : [
          sql`INSERT OR REPLACE INTO gaps (session_id, no, at_byte, ms, reason, gap_id)
            SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5
            FROM json_each(${JSON.stringify(gaps)}) j WHERE EXISTS (SELECT 1 FROM sessions WHERE sessions.id = j.value ->> 0)`,
        ]),
  ]
  const [updated] = await atomically(
    client,
    queries.map((query) => ({ compile: () => query.compile(db) })),
  )
  return new Set(updated?.rows.map(({ id }) => String(id)))
}
