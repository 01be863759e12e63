import type { ModelList, ModelView } from '@vigia/protocol'
import { useEffect, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { bytes, span } from '../std/format.ts'
import { Button, Dialog, Problem } from '../ui/parts.tsx'

const REFRESH_MS = 700

/** Models that are there, and others to fetch with live progress. */
export function Models() {
  const { t } = useText()
  const { data, error, reload } = useLoaded('models', (signal) => api().get<ModelList>('/system/models', signal))
  const [asking, setAsking] = useState<ModelView | null>(null)
  const [refused, setRefused] = useState<unknown>(null)
  const isPulling = data?.models.some(({ status }) => status === 'pulling') ?? false
  useEffect(() => {
    if (!isPulling) return
    const timer = setInterval(reload, REFRESH_MS)
    return () => clearInterval(timer)
  }, [isPulling, reload])

  async function pull(model: ModelView, accept: boolean): Promise<void> {
    setAsking(null)
    setRefused(null)
    try {
      await api().request('POST', `/system/models/${encodeURIComponent(model.id)}/pull`, { body: { accept_license: accept } })
    } catch (problem) {
      setRefused(problem)
    }
    reload()
  }
  const order = { pulling: 0, installed: 1, damaged: 2, partial: 3, missing: 4 }
  const models = [...(data?.models ?? [])].sort((a, b) => order[a.status] - order[b.status])
  return (
    <section className="card wide" aria-labelledby="s-models">
      <h2 id="s-models">{t('models')}</h2>
      {error !== null && !data && <p className="quiet">{t('noModels')}</p>}
      {refused !== null && <Problem error={refused} />}
      <ul className="models">
        {models.map((model) => (
          <Model
            key={model.id}
            model={model}
            onPull={() => (model.license.commercial ? void pull(model, false) : setAsking(model))}
          />
        ))}
      </ul>
      {asking && (
        <Dialog title={`${t('license')}: ${asking.license.name}`} onClose={() => setAsking(null)}>
          <p>{asking.title}</p>
          <p>{t('licenseLimits')}</p>
          <Button label={t('licenseAccept')} kind="main" icon="download" onClick={() => void pull(asking, true)} />
        </Dialog>
      )}
    </section>
  )
}

function Model({ model, onPull }: { model: ModelView; onPull: () => void }) {
  const { t, language } = useText()
  const speed = useSpeed(model.progress?.done)
  const left = model.progress && speed > 0 ? (model.progress.total - model.progress.done) / speed : null
  return (
    <li>
      <div>
        <strong>{model.title}</strong> <code>{model.id}</code>
        <br />
        <small>
          {model.bytes > 0 ? `${bytes(model.bytes, language)} · ` : ''}
          {model.license.name}
        </small>
        {model.error && (
          <p className="stale" role="alert">
            {model.error.message} {model.error.hint}
          </p>
        )}
      </div>
      {model.status === 'installed' ? (
        <span className="tag">{t('installed')}</span>
      ) : model.status === 'pulling' ? (
        <span className="tag state-ending">{t('pulling')}</span>
      ) : (
        <Button label={t('pull')} icon="download" onClick={onPull} />
      )}
      {model.progress && (
        <div className="progress">
          <progress
            value={model.progress.done}
            max={Math.max(1, model.progress.total)}
            aria-label={`${t('pulling')} ${model.title}`}
          />
          <small>
            {bytes(model.progress.done, language)} / {bytes(model.progress.total, language)}
            {speed > 0 && ` · ${bytes(speed, language)}/s`}
            {left !== null && ` · ${t('left', { time: span(left) })}`}
          </small>
        </div>
      )}
    </li>
  )
}

/** Bytes a second between the last two answers. */
function useSpeed(done: number | undefined): number {
  const [last, setLast] = useState({ done: 0, at: 0, speed: 0 })
  useEffect(() => {
    if (done === undefined) return
    setLast((before) => {
      const at = performance.now()
      const speed = before.at === 0 || done < before.done ? 0 : ((done - before.done) * 1000) / Math.max(1, at - before.at)
      return { done, at, speed }
    })
  }, [done])
  return done === undefined ? 0 : last.speed
}
