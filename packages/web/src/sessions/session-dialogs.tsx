import type { SessionDetail } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'
import { eraseLater } from '../std/erasing.ts'
import { go } from '../std/router.ts'
import { CopyDialog } from './copy.tsx'
import { AnalyzeDialog, EraseDialog, ExportDialog } from './dialogs.tsx'
import type { Row } from './model.ts'
import type { HeadAction } from './session-head.tsx'
import { SpeakerDialog } from './speaker-dialog.tsx'
import type { Edits } from './use-edits.ts'
import type { SessionData } from './use-session.ts'

export type OpenDialog = { what: HeadAction } | { what: 'speaker'; speaker: string; segmentId: string | null }

/** The dialog that is open on a session's page. */
export function SessionDialogs(props: {
  open: OpenDialog
  detail: SessionDetail
  data: SessionData
  edits: Edits
  rows: readonly Row[]
  speakers: readonly string[]
  names: Readonly<Record<string, string>>
  onClose: () => void
}) {
  const { open, detail, data, edits, rows, speakers, names, onClose } = props
  const { t } = useText()
  const id = detail.session_id
  const closing =
    <A extends unknown[]>(act: (...args: A) => void) =>
    (...args: A): void => {
      onClose()
      act(...args)
    }
  switch (open.what) {
    case 'copy':
      return <CopyDialog rows={rows} names={names} onClose={onClose} />
    case 'export':
      return <ExportDialog id={id} onClose={onClose} />
    case 'analyze':
      return <AnalyzeDialog onClose={onClose} onAnalyze={closing((reuse) => void data.analyze(reuse))} />
    case 'erase':
      return (
        <EraseDialog
          detail={detail}
          onClose={onClose}
          onErase={closing(() => {
            eraseLater(id, { done: t('erased'), failed: t('eraseFailed') })
            go('/sessions')
          })}
        />
      )
    case 'speaker': {
      const line = rows.find((row) => row.kind === 'segment' && row.key === open.segmentId)
      return (
        <SpeakerDialog
          sessionId={id}
          speaker={open.speaker}
          speakers={speakers}
          names={names}
          canEnrol={detail.state === 'final'}
          onClose={onClose}
          onRename={closing((name: string) => edits.rename(open.speaker, name))}
          onMerge={closing((into: string) => edits.merge(open.speaker, into))}
          {...(line?.kind === 'segment'
            ? { onAssign: closing((speaker: string) => edits.setSpeaker(line.segment, speaker)) }
            : {})}
        />
      )
    }
  }
}
