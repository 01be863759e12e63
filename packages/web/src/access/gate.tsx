import { VigiaError } from '@vigia/client'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { letIn, useReach } from '../std/reach.ts'
import { tellAuth } from '../std/service-worker.ts'
import { changeSettings, useSettings } from '../std/settings.ts'
import { Icon, Logo } from '../ui/icons.tsx'

const AGAIN_MS = 5000

/** Asks for a key where the server wants one; says it where the server cannot be reached. */
export function Gate({ children }: { children: ReactNode }) {
  const { t } = useText()
  const { key } = useSettings()
  const { data, error, reload } = useLoaded('me', (signal) => api().me(signal))
  const { reached, refused } = useReach()
  useEffect(() => {
    if (reached) return
    const timer = setInterval(reload, AGAIN_MS)
    return () => clearInterval(timer)
  }, [reached, reload])
  if (refused) return <AskKey wasRefused={key !== ''} />
  // pages that ask without a key would use up what one address may try
  if (data === null && error === null) return <main id="main" className="page" aria-busy="true" />
  return (
    <div className="gated">
      {!reached && (
        <p className="banner warn offline" role="status">
          <Icon name="warn" /> {t('offline')}
        </p>
      )}
      {children}
    </div>
  )
}

/** What is needed, where to get it, and a place to put it. */
function AskKey({ wasRefused }: { wasRefused: boolean }) {
  const { t } = useText()
  const [value, setValue] = useState('')
  const [checking, setChecking] = useState(false)
  const [problem, setProblem] = useState<string | null>(wasRefused ? t('wrongKey') : null)

  async function enter(event: FormEvent): Promise<void> {
    event.preventDefault()
    const key = value.trim()
    if (key === '') return
    setChecking(true)
    try {
      await api(key).me()
      changeSettings({ key })
      await tellAuth()
      letIn()
    } catch (error) {
      setProblem(VigiaError.is(error) && error.code === 'unauthorized' ? t('wrongKey') : (error as Error).message)
    }
    setChecking(false)
  }
  return (
    <main id="main" className="page ask-key">
      <Logo size={56} />
      <h1>{t('askKeyTitle')}</h1>
      <p>{t('askKeyHint')}</p>
      {problem !== null && (
        <div className="problem" role="alert">
          <Icon name="warn" /> <strong>{problem}</strong>
        </div>
      )}
      <form onSubmit={(event) => void enter(event)}>
        <label className="field">
          <span>{t('key')}</span>
          <input type="password" autoComplete="off" value={value} onChange={(event) => setValue(event.target.value)} />
        </label>
        <button type="submit" className="button main" disabled={checking}>
          {t('enter')}
        </button>
      </form>
    </main>
  )
}
