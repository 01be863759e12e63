import { VigiaError } from '@vigia/protocol'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './schema.ts'

/** Every change of the schema, in order. One that was released is never edited: add the next. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-sessions': { up: createTables },
  '0002-audit': { up: createAudit },
  '0003-photo-checksums': { up: addPhotoChecksums },
}

/** Brings the database to the newest schema. @throws VigiaError `storage_failed`, `storage_corrupt` */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  if (VigiaError.is(error)) throw error
  throw new VigiaError('storage_failed', 'The database could not be brought to the schema of this version.', {
    hint: 'It may have been written by a newer Vigía: start that version, or another data directory.',
    cause: error,
  })
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  for (const statement of SCHEMA_1.split(/;\n\n/)) await sql.raw(statement).execute(db)
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`CREATE TABLE audit (
      seq INTEGER PRIMARY KEY NOT NULL,
      at TEXT NOT NULL,
      key_id TEXT,
      action TEXT NOT NULL,
      object TEXT,
      result TEXT NOT NULL,
      ip TEXT,
      hash TEXT NOT NULL
    ) STRICT`)
    .execute(db)
}

async function addPhotoChecksums(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE frames ADD COLUMN checksums TEXT').execute(db)
}

const SCHEMA_1 = `
CREATE TABLE sessions (
  id TEXT PRIMARY KEY NOT NULL,
  owner TEXT,
  state TEXT NOT NULL,
  encoding TEXT NOT NULL,
  sample_rate INTEGER NOT NULL,
  channels INTEGER NOT NULL,
  language TEXT NOT NULL,
  mode TEXT NOT NULL,
  config TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  token_hash TEXT NOT NULL,
  created_at TEXT NOT NULL,
  detached_at TEXT,
  ended_at TEXT,
  received_bytes INTEGER NOT NULL DEFAULT 0,
  duration_ms REAL NOT NULL DEFAULT 0,
  truncated INTEGER NOT NULL DEFAULT 0,
  tier TEXT NOT NULL,
  title TEXT,
  consent TEXT NOT NULL DEFAULT 'unknown',
  speaker_names TEXT NOT NULL DEFAULT '{}',
  has_final INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX sessions_by_time ON sessions (created_at DESC, id);

CREATE INDEX sessions_by_owner ON sessions (owner, created_at DESC);

CREATE INDEX sessions_open ON sessions (state) WHERE state <> 'final';

CREATE TABLE audio_segments (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  no INTEGER NOT NULL,
  start_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (session_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  no INTEGER NOT NULL,
  at_byte INTEGER NOT NULL,
  ms REAL NOT NULL,
  reason TEXT NOT NULL,
  gap_id TEXT,
  PRIMARY KEY (session_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
  rowid INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  pass TEXT NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  start_s REAL NOT NULL,
  end_s REAL NOT NULL,
  speaker TEXT,
  excluded TEXT,
  text TEXT NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (session_id, pass, id)
) STRICT;

CREATE INDEX segments_by_time ON segments (session_id, pass, start_s);

CREATE VIRTUAL TABLE segments_fts USING fts5 (
  text, content = 'segments', content_rowid = 'rowid', tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO segments_fts (segments_fts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER segments_fts_insert AFTER INSERT ON segments BEGIN
  INSERT INTO segments_fts (rowid, text) VALUES (new.rowid, new.text);
END;

CREATE TRIGGER segments_fts_delete AFTER DELETE ON segments BEGIN
  INSERT INTO segments_fts (segments_fts, rowid, text) VALUES ('delete', old.rowid, old.text);
END;

CREATE TRIGGER segments_fts_update AFTER UPDATE OF text ON segments BEGIN
  INSERT INTO segments_fts (segments_fts, rowid, text) VALUES ('delete', old.rowid, old.text);
  INSERT INTO segments_fts (rowid, text) VALUES (new.rowid, new.text);
END;

CREATE TABLE events (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at_ms REAL NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE frames (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
  owner TEXT,
  captured_at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  at_ms REAL,
  mime TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  dhash TEXT,
  observation TEXT,
  variants TEXT NOT NULL
) STRICT;

CREATE INDEX frames_by_session ON frames (session_id, at_ms);

CREATE TABLE reports (
  session_id TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  tasks INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  run_at INTEGER NOT NULL,
  leased_until INTEGER,
  state TEXT NOT NULL DEFAULT 'open',
  error TEXT
) STRICT;

CREATE INDEX jobs_open ON jobs (kind, id) WHERE state = 'open';

CREATE INDEX jobs_by_session ON jobs (session_id);

CREATE TABLE documents (
  session_id TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (session_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  frames TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe (id INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT`
