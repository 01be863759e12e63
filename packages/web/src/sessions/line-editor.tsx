import type { Segment } from '@vigia/protocol'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { Button } from '../ui/parts.tsx'
import { cutAt } from './model.ts'
import type { Edits } from './use-edits.ts'

/** Corrects one line: its words; or cuts it where the caret stands; or joins it with the next. */
export function LineEditor({
  line,
  canCut,
  hasNext,
  edits,
  onClose,
}: {
  line: Segment
  /** The transcript stands. */
  canCut: boolean
  hasNext: boolean
  edits: Edits
  onClose: () => void
}) {
  const { t } = useText()
  const [value, setValue] = useState(line.text)
  const [caret, setCaret] = useState(0)
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => area.current?.focus(), [])
  const text = value.trim()
  const isChanged = text !== '' && text !== line.text
  const at = isChanged ? null : cutAt(line.text, caret)
  const save = (): void => {
    onClose()
    if (isChanged) edits.saveText(line, text)
  }
  const cut = (): void => {
    if (at === null) return
    onClose()
    edits.split(line, at)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose()
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      if (event.ctrlKey && canCut) cut()
      else save()
    }
  }
  const hint = at === null ? t('cutNowhere') : t('cutHere', { word: line.text.slice(at).split(/\s/)[0]! })
  return (
    <span className="editor">
      <textarea
        ref={area}
        value={value}
        rows={2}
        aria-label={t('editText')}
        onChange={(event) => setValue(event.target.value)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKey}
      />
      <small>
        {t('editHint')}
        {canCut && ` · ${hint}`}
      </small>
      <span className="editor-tools">
        <Button label={t('save')} kind="main" onClick={save} />
        {canCut && <Button label={t('cut')} icon="cut" disabled={at === null} onClick={cut} />}
        {canCut && hasNext && (
          <Button
            label={t('joinNext')}
            icon="join"
            disabled={isChanged}
            onClick={() => {
              onClose()
              edits.joinNext(line)
            }}
          />
        )}
        <Button label={t('cancel')} onClick={onClose} />
      </span>
    </span>
  )
}
