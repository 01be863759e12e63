import { type KeptSession, resumeKept } from '@vigia/client'
import { useEffect, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { authOf } from '../std/api.ts'
import { useSettings } from '../std/settings.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Problem } from '../ui/parts.tsx'
import { sendKept } from './send-kept.ts'
import { keep } from './use-live.ts'

/** Audio of a session that a closed page left behind: sent when somebody says so, and thrown away only then too. */
export function Kept() {
  const { t } = useText()
  const { key } = useSettings()
  const [kept, setKept] = useState<KeptSession[]>([])
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    keep.list().then(setKept, () => {})
  }, [])
  if (kept.length === 0) return null

  async function sendAll(): Promise<void> {
    setSending(true)
    const result = await sendKept(kept, {
      send: async (one) => (await resumeKept(one, { keep, auth: authOf(key) })).end(),
      clear: (sessionId) => keep.clear(sessionId),
    })
    setKept(result.left)
    setError(result.error)
    setSending(false)
  }
  async function drop(): Promise<void> {
    for (const { sessionId } of kept) await keep.clear(sessionId)
    setKept([])
  }
  return (
    <>
      <div className="banner kept" role="status">
        <Icon name="upload" /> <span>{t('keptFound')}</span>
        <Button label={sending ? t('uploading') : t('keptSend')} onClick={() => void sendAll()} disabled={sending} />
        {error !== null && <Button label={t('keptDrop')} icon="trash" onClick={() => void drop()} />}
      </div>
      {error !== null && <Problem error={error} />}
    </>
  )
}
