import type { ExportFormat } from '@vigia/client'
import type { SessionDetail } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { span } from '../std/format.ts'
import { Button, Dialog } from '../ui/parts.tsx'

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
