import type { Participant, Segment } from '@vigia/protocol'
import { cuesOf } from './cue-sets.ts'
import type { Clause } from './text/clauses.ts'
import { displayName, isGivenName } from './text/names.ts'
import { isStopword } from './text/stopwords.ts'

/** Who takes part, and the names that the talk itself gives them, as suggestions with evidence. Pure. */

/** The label of a voice that could not be told. */
export const UNKNOWN_SPEAKER = '?'

interface Vote {
  speaker: string
  name: string
  segmentIds: string[]
  weight: number
}

/** Longest time between a greeting by name and the answer of the person named, in turns. */
const ANSWER_TURNS = 1

/**
 * Participants in order of appearance. A name comes from a user (`given`), or is suggested: “soy Elena”, or “buenos
 * días, Carlos” followed by another voice. Two speakers never share a name.
 */
export function findParticipants(
  segments: readonly Segment[],
  clauses: readonly Clause[],
  given: Readonly<Record<string, string>> = {},
): Participant[] {
  const talk = new Map<string, number>()
  for (const { speaker, start, end } of segments) {
    if (speaker === undefined || speaker === UNKNOWN_SPEAKER) continue
    talk.set(speaker, (talk.get(speaker) ?? 0) + end - start)
  }
  const suggested = suggestNames(clauses, new Set(Object.values(given)))
  return [...talk].map(([speaker, seconds]) => {
    const vote = suggested.get(speaker)
    const talk_time = Math.round(seconds * 1000) / 1000
    if (given[speaker]) return { speaker, name: given[speaker], talk_time }
    return vote ? { speaker, name: vote.name, name_evidence: vote.segmentIds, talk_time } : { speaker, talk_time }
  })
}

function suggestNames(clauses: readonly Clause[], taken: ReadonlySet<string>): Map<string, Vote> {
  const votes = new Map<string, Vote>()
  for (const clause of clauses) {
    for (const { name, speaker, weight } of namesIn(clause, clauses)) {
      if (speaker === UNKNOWN_SPEAKER) continue
      const key = `${speaker}\n${name}`
      const vote = votes.get(key) ?? { speaker, name, segmentIds: [], weight: 0 }
      vote.weight += weight
      if (!vote.segmentIds.includes(clause.segmentId)) vote.segmentIds.push(clause.segmentId)
      votes.set(key, vote)
    }
  }
  const found = new Map<string, Vote>()
  const names = new Set(taken)
  for (const vote of [...votes.values()].sort((a, b) => b.weight - a.weight)) {
    if (found.has(vote.speaker) || names.has(vote.name)) continue
    found.set(vote.speaker, vote)
    names.add(vote.name)
  }
  return found
}

function namesIn(clause: Clause, clauses: readonly Clause[]): { name: string; speaker: string; weight: number }[] {
  const cues = cuesOf(clause)
  return clause.tokens.flatMap((token, i) => {
    if (i === 0 || !isNameHere(clause, i)) return []
    const before = clause.tokens
      .slice(Math.max(0, i - 4), i)
      .map(({ plain }) => plain)
      .join(' ')
    const name = displayName(token)
    if (cues.selfIntroduction.test(before)) return [{ name, speaker: clause.speaker, weight: 3 }]
    if (!cues.greeting.test(before)) return []
    const other = answererTo(clause, clauses)
    return other ? [{ name, speaker: other.speaker, weight: 1 }] : []
  })
}

/** The first clause of the next turns that another voice says. */
function answererTo(clause: Clause, clauses: readonly Clause[]): Clause | null {
  for (let i = clause.index + 1; i < clauses.length; i++) {
    const { turn, speaker } = clauses[i]!
    if (turn > clause.turn + ANSWER_TURNS) return null
    if (turn > clause.turn && speaker !== clause.speaker) return clauses[i]!
  }
  return null
}

function isNameHere({ tokens, language }: Clause, i: number): boolean {
  const token = tokens[i]!
  return isGivenName(token.plain) || (/^\p{Lu}\p{Ll}+$/u.test(token.text) && !isStopword(token.plain, language))
}
