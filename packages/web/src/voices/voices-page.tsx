import type { VoiceProfileInfo } from '@vigia/protocol'
import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { dayOf, span } from '../std/format.ts'
import { Button, Dialog, Empty, Problem } from '../ui/parts.tsx'

/** People whose voice the server knows: who agreed, since when, and how to have it forgotten. */
export function VoicesPage() {
  const { t, language } = useText()
  const { data, error, reload } = useLoaded('voices', (signal) => api().voiceProfiles(signal))
  const [forgetting, setForgetting] = useState<VoiceProfileInfo | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const forget = async (id: string): Promise<void> => {
    setForgetting(null)
    await api().forgetVoice(id).catch(setProblem)
    reload()
  }
  return (
    <main id="main" className="page voices">
      <header className="page-head">
        <h1>{t('voices')}</h1>
      </header>
      <p>{t('voicesWhat')}</p>
      {error !== null && <Problem error={error} onRetry={reload} />}
      {problem !== null && <Problem error={problem} />}
      {data && !data.enabled && <p className="banner">{t('voicesOff')}</p>}
      {data?.enabled && data.profiles.length === 0 && <Empty icon="ear" title={t('noVoices')} hint={t('voicesHow')} />}
      <ul className="voice-list">
        {data?.profiles.map((profile) => (
          <li key={profile.id} className="card">
            <div>
              <strong>{profile.name}</strong>
              <p className="quiet">
                {t('voiceFrom', { day: dayOf(profile.enrolled_at, language), time: span(profile.speech) })} · {t('consent')}:{' '}
                {t(`consent_${profile.consent}`)} · <code>{profile.model}</code>
              </p>
            </div>
            <Button label={t('forgetVoice', { name: profile.name })} icon="trash" quiet onClick={() => setForgetting(profile)} />
          </li>
        ))}
      </ul>
      {forgetting && (
        <Dialog title={t('forgetVoice', { name: forgetting.name })} onClose={() => setForgetting(null)}>
          <p>{t('forgetWhat')}</p>
          <div className="row">
            <Button label={t('forget')} icon="trash" kind="danger" onClick={() => void forget(forgetting.id)} />
            <Button label={t('cancel')} onClick={() => setForgetting(null)} />
          </div>
        </Dialog>
      )}
    </main>
  )
}
