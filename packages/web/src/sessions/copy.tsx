import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { copyText } from '../std/clipboard.ts'
import { undoShelf } from '../std/undo.ts'
import { Button, Dialog } from '../ui/parts.tsx'
import { type Row, transcriptText } from './model.ts'

/** The transcript as text for the clipboard. What is off the record is not in it. */
export function CopyDialog({
  rows,
  names,
  onClose,
}: {
  rows: readonly Row[]
  names: Readonly<Record<string, string>>
  onClose: () => void
}) {
  const { t } = useText()
  const [times, setTimes] = useState(true)
  const [speakers, setSpeakers] = useState(true)
  const copy = (): void => {
    void copyText(transcriptText(rows, names, { times, speakers })).then((done) => {
      onClose()
      undoShelf.say(t(done ? 'copied' : 'copyFailed'))
    })
  }
  return (
    <Dialog title={t('copyTranscript')} onClose={onClose}>
      <label className="check">
        <input type="checkbox" checked={speakers} onChange={(event) => setSpeakers(event.target.checked)} /> {t('withNames')}
      </label>
      <label className="check">
        <input type="checkbox" checked={times} onChange={(event) => setTimes(event.target.checked)} /> {t('withTimes')}
      </label>
      <p className="quiet">{t('copyHint')}</p>
      <Button label={t('copy')} icon="copy" kind="main" onClick={copy} />
    </Dialog>
  )
}

/** What is selected in the transcript as whole lines with speaker and time, where it spans more than one line. */
export function selectedText(rows: readonly Row[], names: Readonly<Record<string, string>>): string | null {
  const selection = getSelection()
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const lines = [...document.querySelectorAll<HTMLElement>('.row.segment[data-line]')]
  const keys = new Set(lines.filter((line) => selection.containsNode(line, true)).map((line) => line.dataset.line))
  if (keys.size < 2) return null
  return transcriptText(
    rows.filter(({ key }) => keys.has(key)),
    names,
    { times: true, speakers: true },
  )
}
