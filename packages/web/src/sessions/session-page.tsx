import type { Observation, SessionDetail } from '@vigia/protocol'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { useCommands } from '../std/commands.ts'
import { dayOf, span, timeOfDay } from '../std/format.ts'
import { go, type Route } from '../std/router.ts'
import { forgetSession } from '../std/service-worker.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Empty, Problem } from '../ui/parts.tsx'
import { Speaker } from '../ui/speaker.tsx'
import { AnalyzeDialog, EraseDialog, ExportDialog, SpeakerDialog } from './dialogs.tsx'
import { citedBy, namesOf, rowIndexAt, rowsOf, spanOf, speechSpans } from './model.ts'
import { Gallery, Lightbox } from './photos.tsx'
import { PlayerBar } from './player-bar.tsx'
import { ReportView } from './report.tsx'
import { Transcript, type TranscriptHandle } from './transcript.tsx'
import { type RecordingPlayer, usePlayer } from './use-player.ts'
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

type Open = { what: 'export' | 'erase' | 'analyze' } | { what: 'speaker'; speaker: string; segmentId: string | null } | null
type Tab = 'transcript' | 'report' | 'photos'

function Loaded({ id, detail, data, route }: { id: string; detail: SessionDetail; data: SessionData; route: Route }) {
  const { t } = useText()
  const { report, change } = data
  const rows = useMemo(() => rowsOf(detail), [detail])
  const names = useMemo(() => namesOf(detail, report), [detail, report])
  const cited = useMemo(() => citedBy(report), [report])
  const speech = useMemo(() => speechSpans(rows), [rows])
  const speakers = useMemo(
    () =>
      [...new Set(rows.flatMap((row) => (row.kind === 'segment' && row.segment.speaker ? [row.segment.speaker] : [])))].sort(),
    [rows],
  )
  const photos = useMemo(() => rows.flatMap((row): Observation[] => (row.kind === 'frame' ? [row.observation] : [])), [rows])
  const player = usePlayer(speech)
  const peaks = useLoaded(`peaks ${id} ${detail.state}`, (signal) =>
    detail.state === 'final' ? api().peaks(id, 2000, signal) : Promise.resolve(null),
  )
  const transcript = useRef<TranscriptHandle>(null)
  const [open, setOpen] = useState<Open>(null)
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
      const range = spanOf(evidence, rows)
      if (!range) return
      setLit(new Set(evidence))
      setTab('transcript')
      const first = rows.findIndex((row) => evidence.includes(row.key))
      requestAnimationFrame(() => transcript.current?.scrollTo(first))
      player.playSpan(range.start, range.end)
    },
    [rows, player.playSpan],
  )
  const showItem = useCallback((item: string) => {
    setTab('report')
    setLitItem(item)
    requestAnimationFrame(() => document.getElementById(item)?.scrollIntoView({ block: 'center' }))
  }, [])

  // a search hit or a shared address: `?t=12.5`
  const wanted = route.query.get('t')
  const seeked = useRef<string | null>(null)
  useEffect(() => {
    if (wanted === null || seeked.current === wanted || rows.length === 0) return
    seeked.current = wanted
    const index = rowIndexAt(rows, Number(wanted))
    if (index < 0) return
    setLit(new Set([rows[index]!.key]))
    player.seek(Number(wanted))
    requestAnimationFrame(() => transcript.current?.scrollTo(index))
  }, [wanted, rows, player.seek])

  const currentSegment = rows[current]?.kind === 'segment' ? rows[current].segment : null
  useSessionKeys({
    player,
    rows,
    current,
    editing: () => currentSegment && setEditing(currentSegment.id),
    speaker: () =>
      currentSegment?.speaker && setOpen({ what: 'speaker', speaker: currentSegment.speaker, segmentId: currentSegment.id }),
  })

  const copy = (): void => {
    void api()
      .request('GET', `/sessions/${encodeURIComponent(id)}/transcript.txt`)
      .then((answer) => answer.text())
      .then((text) => navigator.clipboard.writeText(text))
  }
  return (
    <main id="main" className="session-page" data-tab={tab}>
      <SessionHead detail={detail} data={data} onOpen={(what) => setOpen({ what })} onCopy={copy} />
      {data.error !== null && data.error !== undefined && <Problem error={data.error} />}
      <PlayerBar id={id} detail={detail} player={player} peaks={peaks.data} rows={rows} follows={follows} onFollow={setFollows} />
      <div className="tabs" role="tablist">
        {(['transcript', 'report', 'photos'] as const).map((one) => (
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
          <div className="people">
            {speakers.map((speaker) => (
              <Speaker
                key={speaker}
                speaker={speaker}
                names={names}
                title={t('rename')}
                onClick={() => setOpen({ what: 'speaker', speaker, segmentId: null })}
              />
            ))}
            <label className="check">
              <input type="checkbox" checked={review} onChange={(event) => setReview(event.target.checked)} /> {t('review')}
            </label>
          </div>
          <Transcript
            rows={rows}
            names={names}
            current={player.position > 0 ? current : -1}
            lit={lit}
            cited={cited}
            follows={follows && player.playing}
            review={review}
            editing={editing}
            handle={transcript}
            onSeek={player.seek}
            onEdit={setEditing}
            onSave={(segmentId, text) => {
              setEditing(null)
              void change(() => api().updateSegment(id, segmentId, { text }))
            }}
            onSpeaker={(segment) => setOpen({ what: 'speaker', speaker: segment.speaker ?? 'S1', segmentId: segment.id })}
            onOffRecord={(segment) =>
              void change(() => api().updateSegment(id, segment.id, { off_record: segment.excluded !== 'off_record' }))
            }
            onCite={showItem}
            onPhoto={setPhoto}
          />
        </section>
        <section className="panel report-panel" id="panel-report" aria-label={t('report')}>
          <Changes changes={data.changes} />
          {report ? (
            <ReportView
              report={report}
              rows={rows}
              names={names}
              lit={litItem}
              onEvidence={showEvidence}
              onTask={(taskId, patch) => void data.changeTask(taskId, patch)}
            />
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
      {open?.what === 'export' && <ExportDialog id={id} onClose={() => setOpen(null)} />}
      {open?.what === 'analyze' && (
        <AnalyzeDialog
          onClose={() => setOpen(null)}
          onAnalyze={(reuse) => {
            setOpen(null)
            void data.analyze(reuse)
          }}
        />
      )}
      {open?.what === 'erase' && <EraseDialog detail={detail} onClose={() => setOpen(null)} onErase={() => void erase(id)} />}
      {open?.what === 'speaker' && (
        <SpeakerDialog
          speaker={open.speaker}
          segmentId={open.segmentId}
          speakers={speakers}
          names={names}
          onClose={() => setOpen(null)}
          onRename={(name) => {
            setOpen(null)
            void change(() => api().update(id, { speaker_names: { [open.speaker]: name } }))
          }}
          onMerge={(into) => {
            setOpen(null)
            void change(() => api().mergeSpeakers(id, open.speaker, into))
          }}
          onAssign={(speaker) => {
            setOpen(null)
            void change(() => api().updateSegment(id, open.segmentId!, { speaker }))
          }}
        />
      )}
    </main>
  )
}

async function erase(id: string): Promise<void> {
  await api().erase(id)
  await forgetSession(id).catch(() => {})
  go('/sessions')
}

function SessionHead({
  detail,
  data,
  onOpen,
  onCopy,
}: {
  detail: SessionDetail
  data: SessionData
  onOpen: (what: 'export' | 'erase' | 'analyze') => void
  onCopy: () => void
}) {
  const { t, language } = useText()
  const [title, setTitle] = useState<string | null>(null)
  const shown = detail.title ?? data.report?.title ?? t('untitled')
  const save = (): void => {
    if (title !== null && title.trim() !== shown)
      void data.change(() => api().update(detail.session_id, { title: title.trim() || null }))
    setTitle(null)
  }
  return (
    <header className="session-head">
      <a className="button ghost quiet back" href="#/sessions" aria-label={t('backToList')}>
        <Icon name="back" />
      </a>
      <div className="session-title">
        {title === null ? (
          <h1>
            <button type="button" className="link" onClick={() => setTitle(shown)} title={t('edit')}>
              {shown}
            </button>
          </h1>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              save()
            }}
          >
            <input
              ref={(input) => input?.focus()}
              value={title}
              aria-label={t('title')}
              onChange={(event) => setTitle(event.target.value)}
              onBlur={save}
            />
          </form>
        )}
        <p className="quiet">
          {dayOf(detail.created_at, language)}, {timeOfDay(detail.created_at, language)} · {span(detail.duration)}
          {detail.truncated && ` · ${t('truncated')}`}
        </p>
      </div>
      {detail.state !== 'final' && (
        <p className="working" role="status">
          <span className={`tag state-${detail.state}`}>{t(`state_${detail.state}`)}</span>
          {data.progress && (
            <progress value={data.progress.done} max={Math.max(1, data.progress.total)} aria-label={t('analyzing')} />
          )}
        </p>
      )}
      <div className="session-actions">
        <Button label={t('copyTranscript')} icon="send" quiet onClick={onCopy} />
        <Button label={t('export')} icon="download" onClick={() => onOpen('export')} />
        <Button
          label={t('analyzeAgain')}
          icon="again"
          quiet
          disabled={detail.state !== 'final'}
          onClick={() => onOpen('analyze')}
        />
        <Button label={t('erase')} icon="trash" quiet onClick={() => onOpen('erase')} />
      </div>
    </header>
  )
}

/** What a new analysis says that the one before did not. */
function Changes({ changes }: { changes: SessionData['changes'] }) {
  const { t } = useText()
  if (!changes) return null
  if (changes.added.length + changes.removed.length === 0) return <p className="banner">{t('same')}</p>
  return (
    <details className="changes" open>
      <summary>{t('compare')}</summary>
      <ul>
        {changes.added.map((line) => (
          <li key={line}>
            <ins>
              {t('added')}: {line}
            </ins>
          </li>
        ))}
        {changes.removed.map((line) => (
          <li key={line}>
            <del>
              {t('removed')}: {line}
            </del>
          </li>
        ))}
      </ul>
    </details>
  )
}

function useSessionKeys({
  player,
  rows,
  current,
  editing,
  speaker,
}: {
  player: RecordingPlayer
  rows: readonly { kind: string; at: number }[]
  current: number
  editing: () => void
  speaker: () => void
}): void {
  const { t } = useText()
  const step = (by: 1 | -1): void => {
    for (let i = current + by; i >= 0 && i < rows.length; i += by) {
      if (rows[i]!.kind !== 'segment') continue
      player.seek(rows[i]!.at)
      return
    }
  }
  const move = (seconds: number) => (): void => player.seek(player.position + seconds)
  useCommands([
    { keys: 'space', label: t('k_play'), run: player.toggle },
    { keys: 'k', label: t('k_play'), run: player.toggle },
    { keys: 'j', label: t('back5'), run: move(-10) },
    { keys: 'l', label: t('forward5'), run: move(10) },
    { keys: 'arrowleft', label: t('back5'), run: move(-5) },
    { keys: 'arrowright', label: t('forward5'), run: move(5) },
    { keys: '[', label: t('prev'), run: () => step(-1) },
    { keys: ']', label: t('next'), run: () => step(1) },
    { keys: 'e', label: t('k_edit'), run: editing },
    { keys: 's', label: t('k_speaker'), run: speaker },
  ])
}
