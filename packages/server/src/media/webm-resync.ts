import { MAX_OPUS_PACKET } from './opus-packet.ts'
import { parseBlock } from './webm-block.ts'
import { AFTER_BLOCK, CLUSTER, MAX_HEADER, parseHeader, SIMPLE_BLOCK, TIMESTAMP } from './webm-elements.ts'

/** A place where reading can go on, or one that more bytes will decide. */
export interface ResumePoint {
  at: number
  certain: boolean
}

/**
 * Searches damaged bytes for the next cluster, or for a block of the track that is followed by another element.
 * Clusters alone would not do: a file may hold 30 s in one.
 *
 * @param track - number of the audio track; null before it is known
 */
export function findResumePoint(view: Uint8Array, from: number, track: number | null): ResumePoint {
  for (let at = from; at < view.length; at++) {
    const verdict = judge(view, at, track)
    if (verdict !== 'no') return { at, certain: verdict === 'yes' }
  }
  return { at: view.length, certain: false }
}

type Verdict = 'yes' | 'no' | 'unclear'

function judge(view: Uint8Array, at: number, track: number | null): Verdict {
  if (view[at] === SIMPLE_BLOCK) return track === null ? 'no' : judgeBlock(view, at, track)
  return view[at] === 0x1f ? judgeCluster(view, at) : 'no'
}

/** A cluster begins with its timestamp. */
function judgeCluster(view: Uint8Array, at: number): Verdict {
  const header = parseHeader(view, at)
  if (header === null) return 'unclear'
  if (header === 'invalid' || header.id !== CLUSTER) return 'no'
  const next = view[at + header.length]
  if (next === undefined) return 'unclear'
  return next === TIMESTAMP ? 'yes' : 'no'
}

function judgeBlock(view: Uint8Array, at: number, track: number): Verdict {
  const header = parseHeader(view, at)
  if (header === null) return 'unclear'
  if (header === 'invalid' || header.size === null || header.size < 4 || header.size > MAX_OPUS_PACKET + 4) return 'no'
  const start = at + header.length
  if (view.length < start + 4) return 'unclear'
  const block = parseBlock(view.subarray(start, start + 4))
  if (!block || block.track !== track || block.laced || block.offset < 0) return 'no'
  return judgeNext(view, start + header.size)
}

function judgeNext(view: Uint8Array, at: number): Verdict {
  if (view.length < at + MAX_HEADER) return 'unclear'
  return isAfterBlock(view, at) ? 'yes' : 'no'
}

/** Whether an element that may follow a block begins at `at`. */
export function isAfterBlock(view: Uint8Array, at: number): boolean {
  const next = parseHeader(view, at)
  return next !== null && next !== 'invalid' && AFTER_BLOCK.has(next.id)
}
