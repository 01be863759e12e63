import type { Store, StoredSegment } from '../../store/store.ts'

/** What the recognizer wrote, kept beside the first correction of a line, so that a correction can be taken back whole. */

type Documents = Pick<Store, 'documents'>

const keyOf = (segmentId: string): string => `original/${segmentId}`

/** Keeps a line as it stood before the first correction. Call it before each. */
export async function keepOriginal({ documents }: Documents, sessionId: string, line: StoredSegment): Promise<void> {
  if (line.edited || !line.words) return
  await documents.put(sessionId, keyOf(line.id), line)
}

/** The line with the words and times it had, where this text is what the recognizer wrote; else null. */
export async function restored(
  { documents }: Documents,
  sessionId: string,
  line: StoredSegment,
  text: string,
): Promise<StoredSegment | null> {
  const original = await documents.get<StoredSegment>(sessionId, keyOf(line.id))
  // a later pass over the recording may have given the id to other words
  if (original?.text !== text || original.start !== line.start || original.end !== line.end) return null
  const { words, confidence } = original
  const back = words?.map((word) => ({ ...word, ...(line.speaker === undefined ? {} : { speaker: line.speaker }) }))
  const { edited: _, ...rest } = line
  return {
    ...rest,
    text,
    ...(back ? { words: back } : {}),
    ...(confidence === undefined ? {} : { confidence }),
    ...(line.speaker === original.speaker ? {} : { edited: true }),
  }
}
