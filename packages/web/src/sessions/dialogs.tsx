import type { ExportFormat } from '@vigia/client'
import type { SessionDetail } from '@vigia/protocol'
import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { span } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Dialog } from '../ui/parts.tsx'
import { nameOf, Speaker } from '../ui/speaker.tsx'

const FORMATS: readonly ExportFormat[] = ['docx', 'md', 'txt', 'srt', 'vtt', 'json']

/** Files of the session; fetched with the key, then saved. */
export function ExportDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useText()
  async function save(format: ExportFormat): Promise<void> {
    const vigia = api()
    const blob = await vigia.blob(vigia.exportUrl(id, format))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = `${id}.${format}`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    onClose()
  }
  return (
    <Dialog title={t('exportAs')} onClose={onClose}>
      <div className="choices-grid">
        {FORMATS.map((format) => (
          <Button key={format} label={t(format as 'docx')} icon="download" onClick={() => void save(format)} />
        ))}
      </div>
    </Dialog>
  )
}

/** Says exactly what will be gone. */
export function EraseDialog({ detail, onErase, onClose }: { detail: SessionDetail; onErase: () => void; onClose: () => void }) {
  const { t } = useText()
  return (
    <Dialog title={t('eraseTitle')} onClose={onClose}>
      <p>{t('eraseWhat', { time: span(detail.duration), segments: detail.segments, photos: detail.frames })}</p>
      <div className="row">
        <Button label={t('erase')} icon="trash" kind="danger" onClick={onErase} />
        <Button label={t('cancel')} onClick={onClose} />
      </div>
    </Dialog>
  )
}

interface SpeakerDialogProps {
  speaker: string
  speakers: readonly string[]
  names: Readonly<Record<string, string>>
  /** The line it was opened from. */
  segmentId: string | null
  onRename: (name: string) => void
  onMerge: (into: string) => void
  onAssign: (speaker: string) => void
  onClose: () => void
}

/** A name for a voice; or that two voices are one; or that this line is somebody else's. */
export function SpeakerDialog({ speaker, speakers, names, segmentId, onRename, onMerge, onAssign, onClose }: SpeakerDialogProps) {
  const { t } = useText()
  const [name, setName] = useState(names[speaker] ?? '')
  const others = speakers.filter((one) => one !== speaker)
  return (
    <Dialog title={t('renameTitle', { speaker })} onClose={onClose}>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          onRename(name.trim())
        }}
      >
        <input
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-label={t('renameTitle', { speaker })}
          placeholder={nameOf(speaker, names)}
          maxLength={100}
        />
        <button type="submit" className="button main">
          {t('save')}
        </button>
      </form>
      {segmentId && others.length > 0 && (
        <>
          <h3>{t('changeSpeaker')}</h3>
          <div className="row">
            {others.map((one) => (
              <Speaker key={one} speaker={one} names={names} onClick={() => onAssign(one)} />
            ))}
          </div>
        </>
      )}
      {others.length > 0 && (
        <>
          <h3>{t('mergeInto')}</h3>
          <div className="row">
            {others.map((one) => (
              <button key={one} type="button" className="button plain" onClick={() => onMerge(one)}>
                <Icon name="person" /> {t('merge')}: {nameOf(one, names)}
              </button>
            ))}
          </div>
        </>
      )}
    </Dialog>
  )
}

export function AnalyzeDialog({ onAnalyze, onClose }: { onAnalyze: (reuseTranscript: boolean) => void; onClose: () => void }) {
  const { t } = useText()
  return (
    <Dialog title={t('analyzeAgain')} onClose={onClose}>
      <div className="choices-grid">
        <Button label={t('keepTranscript')} icon="edit" kind="main" onClick={() => onAnalyze(true)} />
        <Button label={t('again')} icon="again" onClick={() => onAnalyze(false)} />
      </div>
    </Dialog>
  )
}
