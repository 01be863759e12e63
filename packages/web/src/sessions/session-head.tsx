import type { SessionDetail } from '@vigia/protocol'
import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { dayOf, span, timeOfDay } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button } from '../ui/parts.tsx'
import { Stage } from '../ui/stage.tsx'
import type { Edits } from './use-edits.ts'
import type { SessionData } from './use-session.ts'

export type HeadAction = 'copy' | 'export' | 'analyze' | 'erase'

const CONSENTS = ['unknown', 'announced', 'given', 'refused'] as const

/** What a session is, how far it has come, what can be done with the whole of it. */
export function SessionHead({
  detail,
  data,
  edits,
  onOpen,
}: {
  detail: SessionDetail
  data: SessionData
  edits: Edits
  onOpen: (what: HeadAction) => void
}) {
  const { t, language } = useText()
  return (
    <header className="session-head">
      <a className="button ghost quiet back" href="#/sessions" aria-label={t('backToList')}>
        <Icon name="back" />
      </a>
      <div className="session-title">
        <Title shown={detail.title ?? data.report?.title ?? t('untitled')} onSave={edits.setTitle} />
        <p className="quiet">
          {dayOf(detail.created_at, language)}, {timeOfDay(detail.created_at, language)} · {span(detail.duration)}
          {detail.truncated && ` · ${t('truncated')}`}{' '}
          <label className="consent">
            {t('consent')}{' '}
            <select value={detail.consent} onChange={(event) => edits.setConsent(event.target.value as SessionDetail['consent'])}>
              {CONSENTS.map((one) => (
                <option key={one} value={one}>
                  {t(`consent_${one}`)}
                </option>
              ))}
            </select>
          </label>
        </p>
      </div>
      {detail.state !== 'final' && (
        <p className="working" role="status">
          <span className={`tag state-${detail.state}`}>{t(`state_${detail.state}`)}</span>
          {data.progress && <Stage progress={data.progress} />}
        </p>
      )}
      <div className="session-actions">
        <Button label={t('copyTranscript')} icon="copy" quiet onClick={() => onOpen('copy')} />
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

function Title({ shown, onSave }: { shown: string; onSave: (title: string | null) => void }) {
  const { t } = useText()
  const [title, setTitle] = useState<string | null>(null)
  const save = (): void => {
    if (title !== null && title.trim() !== shown) onSave(title.trim() || null)
    setTitle(null)
  }
  if (title === null) {
    return (
      <h1>
        <button type="button" className="link" onClick={() => setTitle(shown)} title={t('edit')}>
          {shown}
        </button>
      </h1>
    )
  }
  return (
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
        onKeyDown={(event) => event.key === 'Escape' && setTitle(null)}
      />
    </form>
  )
}
