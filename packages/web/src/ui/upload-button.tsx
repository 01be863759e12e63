import { useState } from 'react'
import { type TextKey, useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { go } from '../std/router.ts'
import { useSettings } from '../std/settings.ts'
import { Icon } from './icons.tsx'

/** Sends a recording, read in the spoken language of the settings, and goes to the session that it becomes. */
export function UploadButton({ label, onError }: { label: TextKey; onError: (error: unknown) => void }) {
  const { t } = useText()
  const { spoken } = useSettings()
  const [busy, setBusy] = useState(false)
  async function send(file: File): Promise<void> {
    setBusy(true)
    onError(null)
    try {
      const { session_id } = await api().upload(file, { language: spoken })
      go(`/sessions/${encodeURIComponent(session_id)}`)
    } catch (problem) {
      onError(problem)
    }
    setBusy(false)
  }
  return (
    <label className={`button plain file ${busy ? 'busy' : ''}`}>
      <Icon name="upload" /> <span>{busy ? t('uploading') : t(label)}</span>
      <input
        type="file"
        accept="audio/*,video/webm,.ogg,.opus,.flac"
        disabled={busy}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          event.target.value = '' // the same one may be chosen again
          if (file) void send(file)
        }}
      />
    </label>
  )
}
