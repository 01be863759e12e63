import type { SearchResult, SessionSummary } from '@vigia/protocol'
import { useEffect, useRef, useState } from 'react'
import { type Language, type TextKey, type Translate, useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { useErasing } from '../std/erasing.ts'
import { clock, dayOf, span, timeOfDay } from '../std/format.ts'
import { go, type Route } from '../std/router.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Empty, Problem } from '../ui/parts.tsx'
import { UploadButton } from '../ui/upload-button.tsx'
import { filterOf, isShown, type ListFilter, listAddress } from './filters.ts'
import { Filters, KeptSearches } from './list-filters.tsx'

const PAGE = 50
const SEARCH_AFTER_MS = 250

/** All sessions by day, and search through everything that was said. */
export function ListPage({ route }: { route: Route }) {
  const { t } = useText()
  const query = route.query.get('q') ?? ''
  const filter = filterOf(route.query)
  const [text, setText] = useState(query)
  const asked = useRef(query)
  // the address may change by itself: a kept search, the way back
  useEffect(() => {
    if (asked.current === query) return
    asked.current = query
    setText(query)
  }, [query])
  const address = listAddress(text.trim(), filter)
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text.trim() === asked.current) return
      asked.current = text.trim()
      go(address, true)
    }, SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text, address])
  return (
    <main id="main" className="page">
      <header className="page-head">
        <h1>{t('sessions')}</h1>
        <Upload />
      </header>
      <div className="search">
        <Icon name="search" />
        <input
          id="search"
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t('search')}
          aria-label={t('search')}
          aria-keyshortcuts="/"
        />
      </div>
      <KeptSearches text={query} filter={filter} />
      {query ? <Hits query={query} /> : <Sessions filter={filter} />}
    </main>
  )
}

function Upload() {
  const [error, setError] = useState<unknown>(null)
  return (
    <>
      <UploadButton label="upload" onError={setError} />
      {error !== null && <Problem error={error} />}
    </>
  )
}

function Sessions({ filter }: { filter: ListFilter }) {
  const { t, language } = useText()
  const { data, error, loading, reload } = useLoaded('sessions', (signal) => api().sessions({ limit: PAGE }, signal))
  const [older, setOlder] = useState<SessionSummary[]>([])
  const [next, setNext] = useState<string | null | undefined>(undefined)
  const [problem, setProblem] = useState<unknown>(null)
  const erasing = useErasing()
  const isBusy = data?.sessions.some(({ state }) => state !== 'final') ?? false
  useEffect(() => {
    if (!isBusy) return
    const timer = setInterval(reload, 4000)
    return () => clearInterval(timer)
  }, [isBusy, reload])

  if (error !== null && !data) return <Problem error={error} onRetry={reload} />
  if (!data) return loading ? <p className="quiet">{t('loading')}</p> : null
  const before = next === undefined ? data.next : next
  const all = [...data.sessions, ...older].filter(({ session_id }) => !erasing.has(session_id))
  const shown = all.filter((one) => isShown(one, filter))

  async function loadMore(): Promise<void> {
    try {
      const page = await api().sessions({ limit: PAGE, before: before! })
      setOlder((known) => [...known, ...page.sessions])
      setNext(page.next)
      setProblem(null)
    } catch (error) {
      setProblem(error)
    }
  }
  const days = Map.groupBy(shown, ({ created_at }) => dayGroup(created_at))
  return (
    <>
      {all.length > 0 && <Filters filter={filter} sessions={all} />}
      {all.length === 0 && <Empty icon="sessions" title={t('noSessions')} hint={t('noSessionsHint')} />}
      {all.length > 0 && shown.length === 0 && <Empty icon="search" title={t('noneFits')} hint={t('noneFitsHint')} />}
      {[...days].map(([key, sessions]) => (
        <section key={key} className="day">
          <h2>{t(key)}</h2>
          <ul className="session-list">
            {sessions.map((session) => (
              <li key={session.session_id}>
                <SessionRow session={session} t={t} language={language} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {problem !== null && <Problem error={problem} />}
      {before !== null && <Button label={t('loadMore')} icon="down" onClick={() => void loadMore()} />}
    </>
  )
}

function SessionRow({ session, t, language }: { session: SessionSummary; t: Translate; language: Language }) {
  const counts = [
    plural(session.speakers, 'person', 'people', t),
    plural(session.tasks, 'taskCount', 'tasksCount', t),
    plural(session.frames, 'photoCount', 'photosCount', t),
  ].filter(Boolean)
  return (
    <a className="session-row" href={`#/sessions/${encodeURIComponent(session.session_id)}`}>
      <span className="when">
        <strong>{timeOfDay(session.created_at, language)}</strong>
        <small>{dayOf(session.created_at, language)}</small>
      </span>
      <span className="what">
        <strong>{session.title ?? t('untitled')}</strong>
        <small>
          {span(session.duration)}
          {counts.length > 0 ? ` · ${counts.join(' · ')}` : ''}
        </small>
      </span>
      {session.truncated && <span className="tag">{t('truncated')}</span>}
      {session.state !== 'final' && <span className={`tag state-${session.state}`}>{t(`state_${session.state}`)}</span>}
    </a>
  )
}

function plural(count: number, one: TextKey, many: TextKey, t: Translate): string {
  if (count === 0) return ''
  return count === 1 ? t(one) : t(many, { n: count })
}

export function dayGroup(iso: string, now = new Date()): 'today' | 'yesterday' | 'thisWeek' | 'earlier' {
  // by the calendar: a day has 23 or 25 hours when the clocks change
  const midnight = (daysAgo: number): number => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime()
  const at = new Date(iso).getTime()
  if (at >= midnight(0)) return 'today'
  if (at >= midnight(1)) return 'yesterday'
  return at >= midnight(6) ? 'thisWeek' : 'earlier'
}

function Hits({ query }: { query: string }) {
  const { t } = useText()
  const { data, error, reload } = useLoaded<SearchResult>(`search ${query}`, (signal) => api().search(query, 50, signal))
  if (error !== null) return <Problem error={error} onRetry={reload} />
  if (!data) return <p className="quiet">{t('loading')}</p>
  if (data.hits.length === 0) return <Empty icon="search" title={t('noHits')} hint={t('searchHint')} />
  return (
    <section aria-live="polite">
      <p className="quiet">{t('hits', { n: data.hits.length })}</p>
      <ul className="session-list">
        {data.hits.map((hit) => (
          <li key={`${hit.session_id} ${hit.segment_id}`}>
            <a
              className="session-row hit"
              href={`#/sessions/${encodeURIComponent(hit.session_id)}?t=${hit.start}&q=${encodeURIComponent(query)}`}
            >
              <time>{clock(hit.start)}</time>
              <span className="what">
                <span>{hit.snippet.map(markHits)}</span>
                <small>{hit.speaker}</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Pieces of one text keep their order, so that their place is their identity. */
function markHits({ text, hit }: SearchResult['hits'][number]['snippet'][number], at: number) {
  const key = `${at}`
  return hit ? <mark key={key}>{text}</mark> : <span key={key}>{text}</span>
}
