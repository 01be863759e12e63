import { type FormEvent, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { Icon } from '../ui/icons.tsx'
import { Problem } from '../ui/parts.tsx'

/** Lets the server know a voice again; only where it may, and only with the person's consent. */
export function EnrolVoice({ sessionId, speaker, name }: { sessionId: string; speaker: string; name: string }) {
  const { t } = useText()
  const voices = useLoaded('voices', (signal) => api().voiceProfiles(signal))
  const [agreed, setAgreed] = useState(false)
  const [state, setState] = useState<'asking' | 'sending' | 'done'>('asking')
  const [error, setError] = useState<unknown>(null)
  if (!voices.data?.enabled) return null
  if (state === 'done') {
    return (
      <p className="banner" role="status">
        <Icon name="check" /> {t('voiceKnown', { name })}
      </p>
    )
  }
  const enrol = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setState('sending')
    setError(null)
    try {
      await api().enrolVoice({ session_id: sessionId, speaker, name, consent: 'given' })
      setState('done')
    } catch (problem) {
      setError(problem)
      setState('asking')
    }
  }
  return (
    <form className="enrol" onSubmit={(event) => void enrol(event)}>
      <h3>{t('enrolTitle')}</h3>
      {name === '' ? (
        <p className="quiet">{t('enrolNeedsName')}</p>
      ) : (
        <>
          <label className="check">
            <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />{' '}
            {t('enrolConsent', { name })}
          </label>
          {error !== null && <Problem error={error} />}
          <button type="submit" className="button plain" disabled={!agreed || state === 'sending'}>
            <Icon name="ear" /> {t('enrol')}
          </button>
        </>
      )}
    </form>
  )
}
