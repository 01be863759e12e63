import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SESSION_ID_PATTERN, VigiaError } from '@vigia/protocol'

/** Where things lie in the data directory. Ids are checked here, so that none can be a path. */
export interface StorePaths {
  database: string
  lock: string
  /** Files that are being made; emptied at start. */
  tmp: string
  audio: string
  /** Newest audio of many sessions, see `audio/journal.ts`. */
  journal: string
  frames: string
  audioDir(sessionId: string): string
  audioSegment(sessionId: string, no: number): string
  pcm(sessionId: string): string
  frameDir(frameId: string): string
}

export const SEGMENT_FILE = /^(\d{6,})\.seg$/
export const PCM_FILE = 'mono-16khz.pcm'

export function storePaths(dataDir: string): StorePaths {
  const audio = join(dataDir, 'audio')
  const frames = join(dataDir, 'frames')
  const audioDir = (sessionId: string): string => join(audio, fanOut(sessionId), checkedId(sessionId, 'invalid_session_id'))
  return {
    database: join(dataDir, 'vigia.db'),
    lock: join(dataDir, 'lock.db'),
    tmp: join(dataDir, 'tmp'),
    audio,
    journal: join(dataDir, 'journal'),
    frames,
    audioDir,
    audioSegment: (sessionId, no) => join(audioDir(sessionId), segmentFile(no)),
    pcm: (sessionId) => join(audioDir(sessionId), PCM_FILE),
    frameDir: (frameId) => join(frames, fanOut(frameId), checkedId(frameId, 'invalid_request')),
  }
}

export function segmentFile(no: number): string {
  return `${String(no).padStart(6, '0')}.seg`
}

/** One of 256 directories, so that none holds too many entries. */
function fanOut(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 2)
}

function checkedId(id: string, code: 'invalid_session_id' | 'invalid_request'): string {
  if (SESSION_ID_PATTERN.test(id)) return id
  throw new VigiaError(code, `Expected an id of 1–128 letters, digits, dots, dashes or underscores, got ${id.length} characters.`)
}
