import type { SessionSummary } from '@vigia/protocol'

/** Which sessions of the list are shown; stands in the address, so that it can be kept and shared. Pure. */

export interface ListFilter {
  has: 'all' | 'tasks' | 'photos'
  /** BCP 47 tag; empty for any. */
  language: string
  /** Name of a person; empty for any. */
  person: string
}

/** A search or a choice of sessions that somebody keeps, by its address. */
export const filterOf = (query: URLSearchParams): ListFilter => ({
  has: query.get('has') === 'tasks' ? 'tasks' : query.get('has') === 'photos' ? 'photos' : 'all',
  language: query.get('lang') ?? '',
  person: query.get('who') ?? '',
})

/** The address of a search with a filter; what is not chosen is left out. */
export function listAddress(text: string, { has, language, person }: ListFilter): string {
  const query = new URLSearchParams()
  if (text) query.set('q', text)
  if (has !== 'all') query.set('has', has)
  if (language) query.set('lang', language)
  if (person) query.set('who', person)
  return query.size === 0 ? '/sessions' : `/sessions?${query}`
}

export function isShown(session: SessionSummary, { has, language, person }: ListFilter): boolean {
  if (has === 'tasks' && session.tasks === 0) return false
  if (has === 'photos' && session.frames === 0) return false
  if (language && session.language !== language) return false
  return person === '' || (session.people ?? []).includes(person)
}

/** What there is to choose from, in order. */
export function choicesOf(sessions: readonly SessionSummary[]): { languages: string[]; people: string[] } {
  const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort((a, b) => a.localeCompare(b))
  return {
    languages: sorted(sessions.map(({ language }) => language)),
    people: sorted(sessions.flatMap(({ people = [] }) => people)),
  }
}
