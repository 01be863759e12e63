import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { useCommands } from '../std/commands.ts'
import { clock, span } from '../std/format.ts'
import { go } from '../std/router.ts'
import { changeSettings, useSettings } from '../std/settings.ts'
import { Icon, Logo } from '../ui/icons.tsx'
import { Button, Problem } from '../ui/parts.tsx'
import { Stage } from '../ui/stage.tsx'
import { UploadButton } from '../ui/upload-button.tsx'
import { Answers } from './answers.tsx'
import { Captions } from './captions.tsx'
import { Kept } from './kept.tsx'
import { Alerts, PhotoStrip } from './photo-strip.tsx'
import type { LiveControls } from './use-live.ts'

/** The page one leaves open: start in one tap, read along, see what the camera sees. */
export function LivePage({ live }: { live: LiveControls }) {
  return live.view.state === 'idle' ? <Start live={live} /> : <Session live={live} />
}

const SPOKEN = [
  ['es', 'Español'],
  ['en', 'English'],
  ['pt', 'Português'],
  ['fr', 'Français'],
  ['de', 'Deutsch'],
  ['it', 'Italiano'],
  ['ca', 'Català'],
] as const

function Start({ live }: { live: LiveControls }) {
  const { t } = useText()
  const settings = useSettings()
  const [error, setError] = useState<unknown>(null)

  return (
    <main id="main" className="start">
      <div className="hero">
        <Logo size={72} />
        <h1>Vigía</h1>
        <p className="tagline">{t('tagline')}</p>
      </div>
      {live.problem && (
        <div className="problem" role="alert">
          <Icon name="warn" /> <strong>{t(live.problem)}</strong>
        </div>
      )}
      {error !== null && <Problem error={error} />}
      <Kept />
      <button type="button" className="record" onClick={() => void live.start(settings)} aria-describedby="start-hint">
        <span className="dot">
          <Icon name="live" size={34} />
        </span>
        <span>{t('start')}</span>
      </button>
      <p id="start-hint" className="hint">
        {t('startHint')}
      </p>
      <div className="choices">
        <Switch
          label={t('camera')}
          hint={t('cameraHint', { s: settings.photoEveryS })}
          on={settings.camera}
          onChange={(camera) => changeSettings({ camera })}
        />
        <Switch
          label={t('assistant')}
          hint={t('assistantHint')}
          on={settings.assistant}
          onChange={(assistant) => changeSettings({ assistant })}
        />
        <label className="field">
          <span>{t('spoken')}</span>
          <select value={settings.spoken} onChange={(event) => changeSettings({ spoken: event.target.value })}>
            {SPOKEN.map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
            <option value="auto">{t('autoLanguage')}</option>
          </select>
        </label>
        <UploadButton label="openFile" onError={setError} />
      </div>
    </main>
  )
}

function Switch({ label, hint, on, onChange }: { label: string; hint: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="switch">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <strong>{label}</strong>
        <small>{hint}</small>
      </span>
    </label>
  )
}

function Session({ live }: { live: LiveControls }) {
  const { t } = useText()
  const { view } = live
  const isOpen = view.state === 'connecting' || view.state === 'live' || view.state === 'reconnecting'
  const markNow = (): void => live.mark('')
  useCommands([{ keys: 'm', label: t('k_mark'), run: markNow }])
  return (
    <main id="main" className={`session-live ${live.offRecord ? 'is-off' : ''}`}>
      <h1 className="sr-only">{t('live')}</h1>
      <Status live={live} />
      <Alerts alerts={view.alerts} onSeen={live.seenAlert} />
      <div className="live-columns">
        <Captions view={view} />
        <aside
          className="live-side"
          aria-label={`${t('photos')}, ${t('answers')}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard
          tabIndex={0}
        >
          {live.camera && <CameraView video={live.camera.video} />}
          <Answers view={view} onHush={live.hush} />
          <PhotoStrip photos={view.photos} waiting={live.waitingPhotos} />
          {view.marks.length > 0 && (
            <section className="card">
              <h2>{t('marks')}</h2>
              <ul className="marks">
                {view.marks.map((mark) => (
                  <li key={mark.at}>
                    <Icon name="flag" size={16} /> {clock(mark.at)}
                  </li>
                ))}
              </ul>
            </section>
          )}
        </aside>
      </div>
      {isOpen ? <Controls live={live} onMark={markNow} /> : <Ending live={live} />}
    </main>
  )
}

function CameraView({ video }: { video: HTMLVideoElement }) {
  const holder = useRef<HTMLDivElement>(null)
  useEffect(() => {
    holder.current?.replaceChildren(video)
  }, [video])
  return <div className="camera-view" ref={holder} aria-hidden="true" />
}

/** What happens, in words, with the seconds since the server last confirmed audio. */
function Status({ live }: { live: LiveControls }) {
  const { t } = useText()
  const { view, startedAt, heardAt } = live
  const { spoken } = useSettings()
  const isRunning = view.state === 'connecting' || view.state === 'live' || view.state === 'reconnecting'
  const now = useNow(500, isRunning)
  const elapsed = startedAt === null ? 0 : (now - startedAt) / 1000
  const silentS = heardAt === null ? null : Math.round(((now - heardAt) / 1000) * 10) / 10
  const isReceiving = view.state === 'live' && silentS !== null && silentS < 3
  return (
    <>
      <div className="live-status" data-state={view.state}>
        <span className={`pulse ${isReceiving && !live.offRecord ? 'on' : ''}`} aria-hidden="true" />
        <strong role="status">{stateText(view.state, t)}</strong>
        <span className="quiet">
          {live.offRecord
            ? ''
            : isReceiving
              ? t('receiving')
              : silentS !== null && view.state === 'live'
                ? t('lastPacket', { s: Math.round(silentS) })
                : ''}
        </span>
        <span className="quiet spoken" lang={spoken}>
          {SPOKEN.find(([tag]) => tag === spoken)?.[1] ?? t('autoLanguage')}
        </span>
        <span className="elapsed" title={t('elapsed')}>
          {clock(elapsed)}
        </span>
      </div>
      {view.state === 'reconnecting' && (
        <div className="banner warn" role="alert">
          <Icon name="warn" />
          <span>
            {t('reconnecting')} {t('reconnectingKept', { time: span(view.keptMs / 1000) })}
            {view.retryInMs !== null && view.retryInMs > 0 ? `. ${t('retryIn', { s: Math.ceil(view.retryInMs / 1000) })}` : ''}
          </span>
        </div>
      )}
      {live.offRecord && (
        <div className="banner off" role="status">
          <Icon name="off" /> <span>{t('offRecordOn')}</span>
          <Button label={t('onRecord')} onClick={() => live.setOffRecord(false)} />
        </div>
      )}
      {view.lostMs > 0 && (
        <div className="banner warn" role="alert">
          <Icon name="warn" /> {t('lost', { time: span(view.lostMs / 1000) })}
        </div>
      )}
      {view.degraded && (
        <div className="banner" role="status">
          {t('degraded', { reason: view.degraded })}
        </div>
      )}
      {view.error && (
        <Problem
          error={Object.assign(new Error(view.error.message), {
            name: 'VigiaError',
            code: view.error.code,
            hint: view.error.hint,
          })}
        />
      )}
    </>
  )
}

const stateText = (state: LiveControls['view']['state'], t: ReturnType<typeof useText>['t']): string =>
  ({
    idle: '',
    connecting: t('connecting'),
    live: t('listening'),
    reconnecting: t('connecting'),
    finishing: t('finishing'),
    done: t('done'),
    failed: t('failed'),
    closed: t('failed'),
  })[state]

function Controls({ live, onMark }: { live: LiveControls; onMark: () => void }) {
  const { t } = useText()
  return (
    <div className="live-controls" role="toolbar" aria-label={t('live')}>
      <Meter level={live.level} />
      <Button label={t('mark')} icon="flag" onClick={onMark} keys="m" />
      {live.camera && <Button label={t('photo')} icon="camera" onClick={live.photo} />}
      <Button
        label={live.offRecord ? t('onRecord') : t('offRecord')}
        icon="off"
        pressed={live.offRecord}
        onClick={() => live.setOffRecord(!live.offRecord)}
      />
      <Button label={t('end')} icon="stop" kind="danger" onClick={live.finish} />
      {live.view.state === 'live' && live.isAssistant && <Ask live={live} />}
    </div>
  )
}

const BARS = Array.from({ length: 24 }, (_, at) => at)

/** How loud it is: bars to see, a number to hear. */
function Meter({ level }: { level: number }) {
  const { t } = useText()
  return (
    <span className="meter">
      <meter className="sr-only" aria-label={t('sessionAudio')} min={0} max={100} value={Math.round(level * 100)} />
      {BARS.map((at) => (
        <span key={at} className={level * BARS.length > at ? 'bar on' : 'bar'} aria-hidden="true" />
      ))}
    </span>
  )
}

function Ask({ live }: { live: LiveControls }) {
  const { t } = useText()
  const [text, setText] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (text.trim()) live.say(text.trim())
    setText('')
  }
  return (
    <form className="ask" onSubmit={submit}>
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={t('typeHere')}
        aria-label={t('typeHere')}
      />
      <button type="submit" className="button plain quiet" aria-label={t('send')}>
        <Icon name="send" />
      </button>
    </form>
  )
}

function Ending({ live }: { live: LiveControls }) {
  const { t } = useText()
  const { view } = live
  return (
    <div className="live-ending">
      {view.state === 'finishing' && (
        <>
          <p>{t('finishingHint')}</p>
          <Stage progress={view.progress} />
        </>
      )}
      {view.sessionId && view.state === 'done' && (
        <Button
          label={t('openReport')}
          icon="sessions"
          kind="main"
          onClick={() => go(`/sessions/${encodeURIComponent(view.sessionId!)}`)}
        />
      )}
      {view.state !== 'finishing' && <Button label={t('newSession')} icon="live" onClick={live.reset} />}
    </div>
  )
}

function useNow(everyMs: number, isRunning: boolean): number {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => setNow(performance.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, isRunning])
  return now
}
