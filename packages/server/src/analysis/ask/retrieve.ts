import { countsAsSaid } from '@vigia/protocol'
import type { SearchHit, Store, StoredSegment } from '../../store/store.ts'
import { contentStems } from '../statements.ts'
import { fold } from '../text/fold.ts'
import { stem } from '../text/stem.ts'
import { isStopword } from '../text/stopwords.ts'
import { tokenize } from '../text/tokens.ts'

/** Finds what was said about a question, over all sessions that the asker may see. */

export interface Passage {
  sessionId: string
  title: string | null
  /** ISO 8601. */
  createdAt: string
  segment: StoredSegment
  /** Segments around it, in order, itself included. */
  near: StoredSegment[]
  /** Share of the question's words that it holds, weighted by how rare they are, 0–1. */
  score: number
}

export interface Retrieval {
  owner?: string
  /** Only these sessions. */
  sessionIds?: readonly string[]
  limit: number
}

/** Hits of one word that are looked at. */
const HITS_PER_WORD = 100
const MAX_WORDS = 12
const AROUND = 2
/** Shorter beginnings of words find everything. */
const MIN_PREFIX = 4

/** The words of a question that say what it is about. */
export function questionWords(question: string, language: 'es' | 'en'): string[] {
  const words = tokenize(question).map(({ plain }) => plain)
  return [...new Set(words.filter((word) => word.length > 1 && !isStopword(word, language) && !QUESTION.test(word)))].slice(
    0,
    MAX_WORDS,
  )
}

const QUESTION =
  /^(?:quien(?:es)?|que|cuando|cuant[oa]s?|donde|cual(?:es)?|como|por|dijo|dijeron|dije|hablamos|hablo|who|what|when|where|which|how|many|much|say|said|talk|did)$/u

/** Passages, best first. Without a word to look for there are none. */
export async function retrieve(
  store: Store,
  question: string,
  language: 'es' | 'en',
  { owner, sessionIds, limit }: Retrieval,
): Promise<Passage[]> {
  const words = questionWords(question, language)
  const scores = new Map<string, { hit: SearchHit; score: number }>()
  let most = 0
  for (const word of words) {
    const beginning = stem(fold(word), language)
    const query = beginning.length >= MIN_PREFIX ? beginning : word
    const hits = (await store.search(query, { limit: HITS_PER_WORD, ...(owner === undefined ? {} : { owner }) })).filter(
      ({ sessionId }) => !sessionIds || sessionIds.includes(sessionId),
    )
    const weight = 1 / (1 + Math.log1p(hits.length))
    most += weight
    for (const hit of hits) {
      const key = `${hit.sessionId}\n${hit.segmentId}`
      const known = scores.get(key) ?? { hit, score: 0 }
      scores.set(key, { hit, score: known.score + weight })
    }
  }
  const best = [...scores.values()]
    .sort((a, b) => b.score - a.score || a.hit.sessionId.localeCompare(b.hit.sessionId))
    .slice(0, limit)
  return toPassages(store, best, Math.max(most, 1e-9), words, language)
}

async function toPassages(
  store: Store,
  found: readonly { hit: SearchHit; score: number }[],
  most: number,
  words: readonly string[],
  language: 'es' | 'en',
): Promise<Passage[]> {
  const passages: Passage[] = []
  const stems = new Set(words.map((word) => stem(word, language)))
  for (const [sessionId, hits] of Map.groupBy(found, ({ hit }) => hit.sessionId)) {
    const session = await store.sessions.get(sessionId)
    if (!session) continue
    const segments = (await store.segments.list(sessionId)).filter(countsAsSaid)
    for (const { hit, score } of hits) {
      const at = segments.findIndex(({ id }) => id === hit.segmentId)
      if (at < 0) continue
      const near = segments.slice(Math.max(0, at - AROUND), at + AROUND + 1)
      // What stands in the lines around counts half: an answer often follows the words of its question.
      const around = contentStems(tokenize(near.map(({ text }) => text).join(' ')), language)
      const nearShare = stems.size === 0 ? 0 : stems.intersection(around).size / stems.size
      const total = (score / most) * 0.5 + nearShare * 0.5
      passages.push({ sessionId, title: session.title, createdAt: session.createdAt, segment: segments[at]!, near, score: total })
    }
  }
  return passages.sort((a, b) => b.score - a.score)
}
