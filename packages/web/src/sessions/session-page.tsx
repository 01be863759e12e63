import type { Observation, SessionDetail } from '@vigia/protocol'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import type { Route } from '../std/router.ts'
import { Empty, Problem } from '../ui/parts.tsx'
import { citedBy, namesOf, rowIndexAt, rowsOf, rowsOfPerson, spanOf, speechSpans } from './model.ts'
import { PeopleBar } from './people-bar.tsx'
import { Gallery, Lightbox } from './photos.tsx'
import { PlayerBar } from './player-bar.tsx'
import { ReportView } from './report.tsx'
import { ReportChanges } from './report-changes.tsx'
import { type OpenDialog, SessionDialogs } from './session-dialogs.tsx'
import { SessionHead } from './session-head.tsx'
import { useSessionKeys } from './session-keys.ts'
import { Transcript, type TranscriptHandle } from './transcript.tsx'
import { useEdits } from './use-edits.ts'
import { usePlayer } from './use-player.ts'
import { type SessionData, useSession } from './use-session.ts'

/** One session: read, hear, correct, follow each claim to its words. */
export function SessionPage({ id, route }: { id: string; route: Route }) {
  const { t } = useText()
  const data = useSession(id)
  if (data.detail) return <Loaded id={id} detail={data.detail} data={data} route={route} />
  return (
    <main id="main" className="page">
      <h1 className="sr-only">{t('transcript')}</h1>
      {data.error ? <Problem error={data.error} onRetry={data.reload} /> : <p className="quiet">{t('loading')}</p>}
      <a href="#/sessions">{t('backToList')}</a>
    </main>
  )
}

const TABS = ['transcript', 'report', 'photos'] as const
type Tab = (typeof TABS)[number]

function Loaded({ id, detail, data, route }: { id: string; detail: SessionDetail; data: SessionData; route: Route }) {
  const { t } = useText()
  const { report } = data
  const edits = useEdits(detail, data)
  const { all, rows, names, cited, speech, speakers, photos, only, setOnly } = useShown(detail, data)
  const player = usePlayer(speech)
  const peaks = useLoaded(`peaks ${id} ${detail.state}`, (signal) =>
    detail.state === 'final' ? api().peaks(id, 2000, signal) : Promise.resolve(null),
  )
  const transcript = useRef<TranscriptHandle>(null)
  const [open, setOpen] = useState<OpenDialog | null>(null)
  const [tab, setTab] = useState<Tab>('transcript')
  const [photo, setPhoto] = useState<string | null>(null)
  const [lit, setLit] = useState<ReadonlySet<string>>(new Set())
  const [litItem, setLitItem] = useState<string | null>(null)
  const [editing, setEditing] = useState<string | null>(null)
  const [follows, setFollows] = useState(true)
  const [review, setReview] = useState(false)
  const current = useMemo(() => rowIndexAt(rows, player.position), [rows, player.position])

  const showEvidence = useCallback(
    (evidence: readonly string[]) => {
      const range = spanOf(evidence, all)
      if (!range) return
      setOnly(null)
      setLit(new Set(evidence))
      setTab('transcript')
      const first = all.findIndex((row) => evidence.includes(row.key))
      requestAnimationFrame(() => transcript.current?.scrollTo(first))
      player.playSpan(range.start, range.end)
    },
    [all, player.playSpan, setOnly],
  )
  const showItem = useCallback((item: string) => {
    setTab('report')
    setLitItem(item)
    requestAnimationFrame(() => document.getElementById(item)?.scrollIntoView({ block: 'center' }))
  }, [])
  const showMoment = useCallback(
    (seconds: number): boolean => {
      const index = rowIndexAt(all, seconds)
      if (index < 0) return false
      setOnly(null)
      setLit(new Set([all[index]!.key]))
      player.seek(seconds)
      requestAnimationFrame(() => transcript.current?.scrollTo(index))
      return true
    },
    [all, player.seek, setOnly],
  )
  useWantedMoment(route.query.get('t'), showMoment)

  const currentLine = rows[current]?.kind === 'segment' ? rows[current].segment : null
  const askSpeaker = (speaker: string, segmentId: string | null): void => setOpen({ what: 'speaker', speaker, segmentId })
  useSessionKeys({
    player,
    rows,
    current,
    editing: () => currentLine && setEditing(currentLine.id),
    speaker: () => currentLine?.speaker && askSpeaker(currentLine.speaker, currentLine.id),
  })
  return (
    <main id="main" className="session-page" data-tab={tab}>
      <SessionHead detail={detail} data={data} edits={edits} onOpen={(what) => setOpen({ what })} />
      {data.error !== null && data.error !== undefined && <Problem error={data.error} />}
      <PlayerBar id={id} detail={detail} player={player} peaks={peaks.data} rows={all} follows={follows} onFollow={setFollows} />
      <div className="tabs" role="tablist">
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-controls={`panel-${one}`}
            aria-selected={tab === one}
            onClick={() => setTab(one)}
          >
            {t(one)} {one === 'photos' && photos.length > 0 && <small>{photos.length}</small>}
          </button>
        ))}
      </div>
      <div className="session-columns">
        <section className="panel transcript-panel" id="panel-transcript">
          <PeopleBar
            speakers={speakers}
            names={names}
            only={only}
            review={review}
            onOnly={setOnly}
            onReview={setReview}
            onRename={(speaker) => askSpeaker(speaker, null)}
          />
          <Transcript
            rows={rows}
            names={names}
            current={player.position > 0 ? current : -1}
            lit={lit}
            cited={cited}
            follows={follows && player.playing}
            review={review}
            editing={editing}
            canCut={detail.state === 'final' && only === null}
            handle={transcript}
            edits={edits}
            onSeek={player.seek}
            onEdit={setEditing}
            onSpeaker={(line) => askSpeaker(line.speaker ?? 'S1', line.id)}
            onCite={showItem}
            onPhoto={setPhoto}
          />
        </section>
        <section className="panel report-panel" id="panel-report" aria-label={t('report')}>
          <h2 className="sr-only">{t('report')}</h2>
          <ReportChanges changes={data.changes} />
          {report ? (
            <ReportView report={report} rows={all} names={names} lit={litItem} edits={edits} onEvidence={showEvidence} />
          ) : (
            <Empty icon="sessions" title={t('noReport')} hint={t('noReportHint')} />
          )}
        </section>
        <section className="panel photos-panel" id="panel-photos" aria-label={t('photos')}>
          <h2>{t('photos')}</h2>
          <Gallery photos={photos} onOpen={setPhoto} />
        </section>
      </div>
      {photo && <Lightbox photos={photos} open={photo} onOpen={setPhoto} onSeek={player.seek} />}
      {open && <SessionDialogs {...{ open, detail, data, edits, rows: all, speakers, names }} onClose={() => setOpen(null)} />}
    </main>
  )
}

/** What the page draws of a session: all of it, or the lines of one person. */
function useShown(detail: SessionDetail, { report }: SessionData) {
  const [only, setOnly] = useState<string | null>(null)
  const all = useMemo(() => rowsOf(detail), [detail])
  const rows = useMemo(() => (only === null ? all : rowsOfPerson(all, only)), [all, only])
  const names = useMemo(() => namesOf(detail, report), [detail, report])
  const cited = useMemo(() => citedBy(report), [report])
  const speech = useMemo(() => speechSpans(all), [all])
  const speakers = useMemo(() => {
    const found = all.flatMap((row) => (row.kind === 'segment' && row.segment.speaker ? [row.segment.speaker] : []))
    return [...new Set(found)].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
  }, [all])
  const photos = useMemo(() => all.flatMap((row): Observation[] => (row.kind === 'frame' ? [row.observation] : [])), [all])
  return { all, rows, names, cited, speech, speakers, photos, only, setOnly }
}

/** A search hit or a shared address, `?t=12.5`: gone to once, when its line is there. */
function useWantedMoment(wanted: string | null, show: (seconds: number) => boolean): void {
  const shown = useRef<string | null>(null)
  useEffect(() => {
    if (wanted === null || shown.current === wanted) return
    if (show(Number(wanted))) shown.current = wanted
  }, [wanted, show])
}
