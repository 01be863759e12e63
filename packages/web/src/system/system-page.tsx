import type { SystemStatus } from '@vigia/protocol'
import { useEffect } from 'react'
import { isTextKey, useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { bytes, span, timeOfDay } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Problem } from '../ui/parts.tsx'
import { Doctor } from './doctor.tsx'
import { Keeping } from './keeping.tsx'
import { MemoryPicture } from './memory.tsx'
import { Models } from './models.tsx'

const REFRESH_MS = 3000

/** What the server runs on and does now. */
export function SystemPage() {
  const { t } = useText()
  const { data, error, reload } = useLoaded('system', (signal) => api().system(signal))
  useEffect(() => {
    const timer = setInterval(reload, REFRESH_MS)
    return () => clearInterval(timer)
  }, [reload])
  return (
    <main id="main" className="page system">
      <header className="page-head">
        <h1>{t('system')}</h1>
      </header>
      {error !== null && <Problem error={error} onRetry={reload} />}
      {data && (
        <div className="cards">
          <Facts status={data} />
          <MemoryPicture status={data} />
          <Engines status={data} />
          <Models />
          <LiveSessions status={data} />
          <Errors status={data} />
          <Doctor />
          <Keeping status={data} />
        </div>
      )}
    </main>
  )
}

function Facts({ status }: { status: SystemStatus }) {
  const { t, language } = useText()
  const facts: [string, string][] = [
    [t('version'), status.version],
    [t('profile'), status.profile],
    [t('uptime'), span(status.uptime)],
    [t('queue'), `${status.waiting_jobs} ${t('waitingJobs')}`],
    [t('delay'), `${status.event_loop_delay.toLocaleString(language)} ms`],
    [
      t('photoRhythm'),
      status.photos.interval === null
        ? `${status.photos.count}`
        : `${status.photos.count} · ${t('perPhoto', { s: status.photos.interval.toLocaleString(language, { maximumFractionDigits: 1 }) })}`,
    ],
    ...(status.disk ? [[t('disk'), `${bytes(status.disk.free_bytes, language)} ${t('free')}`] as [string, string]] : []),
  ]
  return (
    <section className="card facts" aria-labelledby="s-machine">
      <h2 id="s-machine">{t('machine')}</h2>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Engines({ status }: { status: SystemStatus }) {
  const { t } = useText()
  return (
    <section className="card wide" aria-labelledby="s-engines">
      <h2 id="s-engines">{t('engines')}</h2>
      <ul className="engines">
        {Object.entries(status.engines).map(([port, engine]) => {
          const key = `engine_${port}`
          return (
            <li key={port} className={engine.available ? 'ok' : 'missing'}>
              <Icon name={engine.available ? 'check' : 'close'} size={18} />
              <div>
                <strong>{isTextKey(key) ? t(key) : port}</strong>{' '}
                <code>
                  {engine.id}
                  {engine.model ? ` · ${engine.model}` : ''}
                </code>
                {!engine.available && <em> {t('unavailable')}</em>}
                {engine.note && <p className="quiet">{engine.note}</p>}
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function LiveSessions({ status }: { status: SystemStatus }) {
  const { t, language } = useText()
  return (
    <section className="card wide" aria-labelledby="s-live">
      <h2 id="s-live">{t('liveSessions')}</h2>
      {status.sessions.length === 0 ? (
        <p className="quiet">{t('none')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on phones
        <section className="table" tabIndex={0} aria-label={t('liveSessions')}>
          <table>
            <thead>
              <tr>
                {(['client', 'state', 'elapsed', 'lag', 'buffer', 'chunks'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(key)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {status.sessions.map((session) => (
                <tr key={session.session_id}>
                  <th scope="row">
                    <a href={`#/sessions/${encodeURIComponent(session.session_id)}`}>{session.client ?? session.session_id}</a>
                  </th>
                  <td>
                    {t(`state_${session.state}`)} · {t(`tier_${session.tier}`)}
                  </td>
                  <td>{span(session.connected)}</td>
                  <td>{session.lag.toLocaleString(language, { maximumFractionDigits: 1 })} s</td>
                  <td>{bytes(session.unsynced_bytes, language)}</td>
                  <td>{session.chunk_rate.toLocaleString(language, { maximumFractionDigits: 1 })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}

function Errors({ status }: { status: SystemStatus }) {
  const { t, language } = useText()
  return (
    <section className="card wide" aria-labelledby="s-errors">
      <h2 id="s-errors">{t('errors')}</h2>
      {status.errors.length === 0 ? (
        <p className="quiet">{t('noErrors')}</p>
      ) : (
        <ul className="errors">
          {status.errors.map((error) => (
            <li key={`${error.code} ${error.message}`}>
              <time>{timeOfDay(error.at, language)}</time> <code>{error.code}</code>{' '}
              {error.count > 1 && <span className="tag">{error.count}×</span>}
              <p>{error.message}</p>
              {error.hint && <p className="quiet">{error.hint}</p>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
