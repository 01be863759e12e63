import { useSyncExternalStore } from 'react'
import { useText } from '../i18n/i18n.ts'
import { useCommands } from '../std/commands.ts'
import { UNDO_MS, undoShelf } from '../std/undo.ts'
import { Button } from './parts.tsx'

/** The newest thing that can be taken back, with the time that is left as a line. */
export function NoticeBar() {
  const { t } = useText()
  const notice = useSyncExternalStore(undoShelf.subscribe, () => undoShelf.notice)
  useCommands([{ keys: 'u', label: t('undo'), run: () => undoShelf.undo() }])
  return (
    <div className="notice-place" role="status">
      {notice && (
        <div className="notice" key={notice.id}>
          <span>{notice.label}</span>
          {notice.undo && <Button label={t('undo')} onClick={() => undoShelf.undo()} keys="u" />}
          <Button label={t('close')} icon="close" quiet kind="ghost" onClick={() => undoShelf.settle()} />
          <span className="time-left" style={{ animationDuration: `${UNDO_MS}ms` }} aria-hidden="true" />
        </div>
      )}
    </div>
  )
}
