#!/usr/bin/env node
/**
 * Looks at a data directory with eyes of its own: reads segment files and journals byte by byte and the database with plain SQL, and compares
 * what it finds with what a client wrote down. Shares no code with the server.
 *
 *   node tools/verify/verify.mjs DATA_DIR [CLIENT_LOG] [--key-file FILE]
 *
 * The key file opens an encrypted directory; its database is then read with `libsql`.
 *
 * CLIENT_LOG is JSON lines: {"session", "acked": bytes, "sha": {"bytes": n, "sha256": hex of the first n bytes sent}, "gaps": [...ids],
 * "ended": bool, "photos": [{"id", "sha256"}], "erased": bool}. Prints one JSON object; exits 1 when a promise is broken.
 */
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { crc32 } from 'node:zlib'

const HEADER = 24

/** Content of a stored file; of an encrypted directory it is set to {@link decrypted}. */
let contentOf = (path) => readFileSync(path)

/** Two sectors of which each has a salt, then the content under AES-256-CTR with a key made from master key and salt. */
function decrypted(path, master) {
  const bytes = readFileSync(path)
  if (bytes.length <= 1024) return Buffer.alloc(0)
  const at = [0, 512].find((start) => bytes.toString('latin1', start, start + 6) === 'VGENC1')
  if (at === undefined) return Buffer.alloc(bytes.length - 1024)
  const key = Buffer.from(hkdfSync('sha256', master, bytes.subarray(at + 8, at + 40), 'vigia file', 32))
  const content = createDecipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(bytes.subarray(1024))
  // a page of zeros was never written
  for (let page = 4096; page + 4096 <= bytes.length; page += 4096)
    if (bytes.subarray(page, page + 4096).every((byte) => byte === 0)) content.fill(0, page - 1024, page + 3072)
  return content
}

function openDatabase(path, master) {
  // it looks and does not touch, but for a transaction that was cut and that only a writer can roll back
  if (!master) return new DatabaseSync(path, { readOnly: !existsSync(`${path}-journal`) })
  // the library lets go of a file when its statements are collected: it gets a copy, and may keep that
  const copy = mkdtempSync(join(tmpdir(), 'vigia-verify-'))
  for (const suffix of ['', '-wal', '-journal'])
    if (existsSync(path + suffix)) copyFileSync(path + suffix, join(copy, `vigia.db${suffix}`))
  const Libsql = createRequire(import.meta.url)('libsql')
  const db = new Libsql(join(copy, 'vigia.db'))
  const key = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), 'vigia database', 32)).toString('hex')
  db.prepare(`PRAGMA cipher = 'aes256cbc'`).all()
  db.prepare(`PRAGMA hexkey = '${key}'`).all()
  const close = () => {
    db.close()
    rmSync(copy, { recursive: true })
  }
  return { prepare: (sql) => db.prepare(sql), close }
}

/** Blocks of one file: each must be whole, intact and follow on the one before. */
function readBlocks(bytes, problems, where) {
  const blocks = []
  let at = 0
  while (at < bytes.length) {
    const length = at + HEADER <= bytes.length ? bytes.readUInt32LE(at + 16) : -1
    if (length < 0 || bytes.toString('latin1', at, at + 4) !== 'VGA1' || at + HEADER + length > bytes.length) {
      problems.push(`${where}: no block at byte ${at}`)
      break
    }
    const payload = bytes.subarray(at + HEADER, at + HEADER + length)
    if (bytes.readUInt32LE(at + 20) !== crc32(payload, crc32(bytes.subarray(at, at + 20)))) {
      problems.push(`${where}: checksum of the block at byte ${at}`)
      break
    }
    blocks.push({ type: bytes[at + 4], offset: Number(bytes.readBigUInt64LE(at + 8)), payload })
    at += HEADER + length
  }
  return blocks
}

function audioDir(dataDir, id) {
  const fan = createHash('sha256').update(id).digest('hex').slice(0, 2)
  return join(dataDir, 'audio', fan, id)
}

/**
 * What the journals say was written where in which segment file, oldest first: the server writes it into the files again at its
 * next start, so it counts as if it stood there.
 */
function readJournals(dataDir) {
  const dir = join(dataDir, 'journal')
  const writes = []
  const names = existsSync(dir) ? readdirSync(dir).filter((name) => /^\d+\.journal$/.test(name)) : []
  for (const name of names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const bytes = contentOf(join(dir, name))
    for (let at = 0; at + 28 <= bytes.length && bytes.toString('latin1', at, at + 4) === 'VGJ1'; ) {
      const payloadAt = at + 28 + bytes.readUInt16LE(at + 4)
      const end = payloadAt + bytes.readUInt32LE(at + 12)
      const sum = crc32(bytes.subarray(at + 28, payloadAt), crc32(bytes.subarray(at, at + 24)))
      if (end > bytes.length || bytes.readUInt32LE(at + 24) !== sum) break
      const torn = []
      readBlocks(bytes.subarray(payloadAt, end), torn, name)
      if (torn.length > 0) break
      const session = bytes.toString('utf8', at + 28, payloadAt)
      const position = Number(bytes.readBigUInt64LE(at + 16))
      writes.push({ session, no: bytes.readUInt32LE(at + 8), position, bytes: bytes.subarray(payloadAt, end) })
      at = end
    }
  }
  return writes
}

/** A segment file with what the journals add to it; null where there is neither. */
function readSegmentFile(dataDir, session, no) {
  const path = join(audioDir(dataDir, session), `${String(no).padStart(6, '0')}.seg`)
  const writes = readJournals(dataDir).filter((write) => write.session === session && write.no === no)
  if (!existsSync(path) && writes.length === 0) return null
  let bytes = existsSync(path) ? contentOf(path) : Buffer.alloc(0)
  for (const write of writes) {
    const next = Buffer.alloc(Math.max(bytes.length, write.position + write.bytes.length))
    bytes.copy(next)
    write.bytes.copy(next, write.position)
    bytes = next
  }
  return bytes
}

/** The stream of one session as the manifest and the files have it. */
function readStream(dataDir, db, row, problems) {
  const parts = []
  let next = 0
  const manifest = db.prepare('SELECT * FROM audio_segments WHERE session_id = ? ORDER BY no').all(row.id)
  for (const segment of manifest) {
    const where = `${row.id}/${segment.no}`
    const bytes = readSegmentFile(dataDir, row.id, segment.no)
    if (!bytes) {
      problems.push(`${where}: the file is missing`)
      continue
    }
    if (bytes.length < segment.length) problems.push(`${where}: ${segment.length} bytes are committed, ${bytes.length} are there`)
    for (const block of readBlocks(bytes.subarray(0, segment.length), problems, where)) {
      if (block.type !== 1 || block.offset + block.payload.length <= next) continue // a file that was given up repeats
      if (block.offset > next) problems.push(`${where}: bytes ${next} to ${block.offset} of the stream are missing`)
      parts.push(block.payload.subarray(Math.max(0, next - block.offset)))
      next = block.offset + block.payload.length
    }
  }
  if (next < row.received_bytes) problems.push(`${row.id}: ${row.received_bytes} bytes are promised, ${next} are there`)
  return Buffer.concat(parts).subarray(0, row.received_bytes)
}

function checkClient(dataDir, db, entry, problems) {
  const row = db.prepare('SELECT * FROM sessions WHERE id = ?').get(entry.session)
  if (entry.erased) {
    if (row) problems.push(`${entry.session}: was erased and is there`)
    if (existsSync(audioDir(dataDir, entry.session))) problems.push(`${entry.session}: was erased and its files are there`)
    return null
  }
  if (!row) {
    if (entry.acked !== undefined) problems.push(`${entry.session}: was acknowledged and is not there`)
    return null
  }
  const stream = readStream(dataDir, db, row, problems)
  if (stream.length < (entry.acked ?? 0))
    problems.push(`${row.id}: ${entry.acked} bytes were acknowledged, ${stream.length} are there`)
  if (entry.sent) {
    // what is stored is the beginning of what was sent: nothing twice, nothing in another order
    const sent = typeof entry.sent === 'string' ? Buffer.from(entry.sent, 'base64') : entry.sent
    const at = stream.compare(sent.subarray(0, stream.length)) === 0 ? -1 : firstDifference(stream, sent)
    if (at >= 0) problems.push(`${row.id}: byte ${at} of the stream is not what was sent`)
  }
  if (entry.prefix) {
    const hash = createHash('sha256').update(stream.subarray(0, entry.prefix.bytes)).digest('hex')
    if (stream.length >= entry.prefix.bytes && hash !== entry.prefix.sha256)
      problems.push(`${row.id}: the stream is not what was sent`)
  }
  const gaps = db.prepare('SELECT gap_id AS id, at_byte AS at FROM gaps WHERE session_id = ? ORDER BY no').all(row.id)
  const ids = gaps.flatMap(({ id }) => (id === null ? [] : [id]))
  if (new Set(ids).size !== ids.length) problems.push(`${row.id}: a gap is there twice`)
  for (const id of entry.gaps ?? []) if (!ids.includes(id)) problems.push(`${row.id}: the gap ${id} is missing`)
  if (entry.ended && !['ending', 'final'].includes(row.state)) problems.push(`${row.id}: was ended and is ${row.state}`)
  const jobs = db.prepare(`SELECT count(*) AS n FROM jobs WHERE session_id = ? AND kind = 'finalize'`).get(row.id).n
  if (row.state === 'ending' && jobs !== 1) problems.push(`${row.id}: is ending with ${jobs} jobs`)
  if (row.state !== 'ending' && row.state !== 'final' && jobs > 0) problems.push(`${row.id}: is ${row.state} and has a job`)
  return { session: row.id, bytes: stream.length, epoch: row.epoch }
}

function firstDifference(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i
  return b.length
}

function checkEvents(db, problems) {
  const bad = db
    .prepare('SELECT session_id AS id FROM events GROUP BY session_id HAVING max(seq) <> count(*) OR min(seq) <> 1')
    .all()
  for (const { id } of bad) problems.push(`${id}: its events have a hole`)
}

function checkPhotos(dataDir, db, photos, problems) {
  for (const { id, sha256 } of photos ?? []) {
    const row = db.prepare('SELECT id FROM frames WHERE id = ?').get(id)
    const fan = createHash('sha256').update(id).digest('hex').slice(0, 2)
    const path = join(dataDir, 'frames', fan, id, 'image')
    if (!row || !existsSync(path)) problems.push(`photo ${id} was acknowledged and is not there`)
    else if (createHash('sha256').update(contentOf(path)).digest('hex') !== sha256) problems.push(`photo ${id} is another one`)
  }
}

/**
 * @param master - key of an encrypted directory, 32 bytes
 * @returns {{problems: string[], sessions: object[]}}
 */
export function verify(dataDir, clientLog = [], master = null) {
  const problems = []
  contentOf = (path) => (master ? decrypted(path, master) : readFileSync(path))
  const db = openDatabase(join(dataDir, 'vigia.db'), master)
  try {
    const check = db.prepare('PRAGMA quick_check').get()
    if (check.quick_check !== 'ok') problems.push(`database: ${check.quick_check}`)
    const hasTables = db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'sessions'`).get()
    if (!hasTables) return { problems: clientLog.some(({ acked }) => acked > 0) ? ['the database is empty'] : [], sessions: [] }
    const sessions = []
    if (clientLog.length > 0) {
      for (const entry of clientLog) {
        const found = checkClient(dataDir, db, entry, problems)
        if (found) sessions.push(found)
        checkPhotos(dataDir, db, entry.photos, problems)
      }
    } else {
      for (const row of db.prepare('SELECT * FROM sessions').all()) {
        sessions.push({ session: row.id, bytes: readStream(dataDir, db, row, problems).length, epoch: row.epoch })
      }
    }
    checkEvents(db, problems)
    return { problems, sessions }
  } finally {
    db.close()
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({ options: { 'key-file': { type: 'string' } }, allowPositionals: true })
  const [dataDir, logPath] = positionals
  if (!dataDir) {
    console.error('node tools/verify/verify.mjs DATA_DIR [CLIENT_LOG] [--key-file FILE]')
    process.exit(2)
  }
  const lines = logPath ? readFileSync(logPath, 'utf8').split('\n').filter(Boolean) : []
  const result = verify(
    dataDir,
    lines.map((line) => JSON.parse(line)),
    values['key-file'] ? readKey(values['key-file']) : null,
  )
  console.log(JSON.stringify(result, null, 2))
  process.exitCode = result.problems.length > 0 ? 1 : 0
}

/** 32 bytes as they are, in base64 or in hex. */
function readKey(path) {
  const bytes = readFileSync(path)
  if (bytes.length === 32) return bytes
  const text = bytes.toString('latin1').trim()
  return Buffer.from(text, text.length === 64 ? 'hex' : 'base64')
}
