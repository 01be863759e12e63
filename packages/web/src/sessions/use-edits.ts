import type {
  ActionItem,
  Finding,
  FindingPatchBody,
  Segment,
  SessionDetail,
  SessionPatchBody,
  TaskPatchBody,
} from '@vigia/protocol'
import { useMemo } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { undoShelf } from '../std/undo.ts'
import { linesOf } from './model.ts'
import type { SessionData } from './use-session.ts'

/** What people correct in a session. Each can be taken back for some seconds. */
export interface Edits {
  saveText: (line: Segment, text: string) => void
  setSpeaker: (line: Segment, speaker: string) => void
  setOffRecord: (line: Segment, off: boolean) => void
  /** @param at - index in the text where the second line begins */
  split: (line: Segment, at: number) => void
  joinNext: (line: Segment) => void
  rename: (speaker: string, name: string) => void
  merge: (from: string, into: string) => void
  setTitle: (title: string | null) => void
  setConsent: (consent: SessionDetail['consent']) => void
  changeTask: (task: ActionItem, patch: TaskPatchBody) => void
  changeFinding: (finding: Finding, patch: FindingPatchBody) => void
}

type Request = () => Promise<SessionDetail>

export function useEdits(detail: SessionDetail, data: SessionData): Edits {
  const { t } = useText()
  const { change, changeTask, changeFinding } = data
  return useMemo(() => {
    const id = detail.session_id
    /** @param back - made from what the server answered; null where it cannot be taken back */
    const edit = async (label: string, request: Request, back: ((after: SessionDetail) => Request) | null): Promise<void> => {
      const after = await change(request)
      if (!after) return
      if (back) undoShelf.offer({ label, undo: () => void change(back(after)) })
      else undoShelf.say(label)
    }
    const patchLine = (line: Segment, patch: Parameters<ReturnType<typeof api>['updateSegment']>[2]) => () =>
      api().updateSegment(id, line.id, patch)
    const patchSession = (patch: SessionPatchBody) => () => api().update(id, patch)
    return {
      saveText: (line, text) =>
        void edit(t('textChanged'), patchLine(line, { text }), () => patchLine(line, { text: line.text })),
      setSpeaker: (line, speaker) =>
        // a line that was nobody's cannot be nobody's again
        void edit(
          t('speakerChanged'),
          patchLine(line, { speaker }),
          line.speaker ? () => patchLine(line, { speaker: line.speaker }) : null,
        ),
      setOffRecord: (line, off_record) =>
        void edit(t(off_record ? 'lineOff' : 'lineOn'), patchLine(line, { off_record }), () =>
          patchLine(line, { off_record: !off_record }),
        ),
      split: (line, at) =>
        void edit(
          t('lineSplit'),
          () => api().splitSegment(id, line.id, { at }),
          (after) => () => api().joinSegments(id, line.id, nextLine(after, line.id)!.id),
        ),
      joinNext: (line) => {
        const next = nextLine(detail, line.id)
        if (!next) return
        const cut = { at: line.text.length + 1, ...(next.speaker ? { speaker: next.speaker } : {}) }
        void edit(
          t('linesJoined'),
          () => api().joinSegments(id, line.id, next.id),
          () => () => api().splitSegment(id, line.id, cut),
        )
      },
      rename: (speaker, name) =>
        void edit(t('renamed'), patchSession({ speaker_names: { [speaker]: name } }), () =>
          patchSession({ speaker_names: { [speaker]: detail.speaker_names[speaker] ?? '' } }),
        ),
      merge: (from, into) => {
        const theirs = linesOf(detail).flatMap((line) => (line.speaker === from ? [line.id] : []))
        const names = { [from]: detail.speaker_names[from] ?? '', [into]: detail.speaker_names[into] ?? '' }
        void edit(
          t('merged'),
          () => api().mergeSpeakers(id, from, into),
          () => async () => {
            await api().assignSpeaker(id, from, theirs)
            return api().update(id, { speaker_names: names })
          },
        )
      },
      setTitle: (title) => void edit(t('titleChanged'), patchSession({ title }), () => patchSession({ title: detail.title })),
      setConsent: (consent) =>
        void edit(t('consentChanged'), patchSession({ consent }), () => patchSession({ consent: detail.consent })),
      changeTask: (task, patch) => {
        const back = { status: task.status, title: task.title, owner: task.owner?.speaker ?? task.owner?.name ?? null }
        const due = task.due?.iso ?? task.due?.text ?? null
        const suggested = patch.suggested === false
        void changeTask(task.id, patch).then((done) => {
          if (!done) return
          const label = t(patch.status === 'dismissed' ? 'dismissedOne' : 'taskChanged')
          undoShelf.offer({ label, undo: () => void changeTask(task.id, undone(patch, { ...back, due, suggested })) })
        })
      },
      changeFinding: (finding, patch) => {
        const back = { status: finding.status === 'dismissed' ? 'dismissed' : 'open', text: finding.text } as const
        void changeFinding(finding.id, patch).then((done) => {
          const label = t(patch.status === 'dismissed' ? 'dismissedOne' : 'findingChanged')
          if (done) undoShelf.offer({ label, undo: () => void changeFinding(finding.id, undone(patch, back)) })
        })
      },
    }
  }, [detail, t, change, changeTask, changeFinding])
}

/** Of what stood before, the fields that a patch changed. */
export function undone<P extends object>(patch: P, before: Partial<P>): Partial<P> {
  return Object.fromEntries(Object.entries(before).filter(([field]) => field in patch)) as Partial<P>
}

function nextLine(detail: SessionDetail, segmentId: string): Segment | undefined {
  const lines = linesOf(detail)
  return lines[lines.findIndex(({ id }) => id === segmentId) + 1]
}
