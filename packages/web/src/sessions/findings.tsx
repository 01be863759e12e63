import type { Finding } from '@vigia/protocol'
import { type FormEvent, type ReactNode, useState } from 'react'
import { type TextKey, useText } from '../i18n/i18n.ts'
import { Dialog } from '../ui/parts.tsx'
import { DismissDialog } from './dismiss-dialog.tsx'
import { DismissedRows, RowTools } from './row-tools.tsx'
import type { Edits } from './use-edits.ts'

const REASONS: Record<Finding['kind'], readonly TextKey[]> = {
  decision: ['notDecision', 'duplicate', 'revoked'],
  risk: ['notRisk', 'duplicate', 'solved'],
  question: ['notQuestion', 'duplicate', 'answered'],
}

interface FindingsProps {
  title: string
  /** Of one kind. */
  findings: readonly Finding[]
  /** The item that was asked for from the transcript. */
  lit: string | null
  link: (evidence: readonly string[], quote?: string) => ReactNode
  edits: Edits
}

/** Decisions, risks or open questions: to check, reword, dismiss and bring back. */
export function Findings({ title, findings, lit, link, edits }: FindingsProps) {
  const { t } = useText()
  const [dismissing, setDismissing] = useState<Finding | null>(null)
  const [rewording, setRewording] = useState<Finding | null>(null)
  const [first] = findings
  if (!first) return null
  const shown = findings.filter(({ status }) => status !== 'dismissed')
  const dismissed = findings.filter(({ status }) => status === 'dismissed')
  return (
    <section aria-labelledby={`r-${first.kind}`} className={`findings ${first.kind}`}>
      <h3 id={`r-${first.kind}`}>{title}</h3>
      <ul>
        {shown.map((finding) => (
          <li key={finding.id} id={finding.id} className={lit === finding.id ? 'lit' : ''}>
            <span className={finding.status === 'superseded' ? 'superseded' : ''}>
              {finding.text} {finding.why && <em>({finding.why})</em>}
            </span>{' '}
            {link(finding.evidence, finding.quote)}
            {finding.status === 'superseded' && <small className="stale">{t('superseded')}</small>}
            {finding.stale && <small className="stale">{t('stale')}</small>}
            <span className="finding-tools">
              <RowTools text={finding.text} onEdit={() => setRewording(finding)} onDismiss={() => setDismissing(finding)} />
            </span>
          </li>
        ))}
      </ul>
      <DismissedRows
        items={dismissed}
        textOf={({ text }) => text}
        className="dismissed"
        onReopen={(finding) => edits.changeFinding(finding, { status: 'open' })}
      />
      {dismissing && (
        <DismissDialog
          text={dismissing.text}
          reasons={REASONS[dismissing.kind]}
          onClose={() => setDismissing(null)}
          onDismiss={(reason) => {
            edits.changeFinding(dismissing, { status: 'dismissed', reason })
            setDismissing(null)
          }}
        />
      )}
      {rewording && (
        <RewordDialog
          text={rewording.text}
          onClose={() => setRewording(null)}
          onSave={(text) => {
            if (text !== rewording.text) edits.changeFinding(rewording, { text })
            setRewording(null)
          }}
        />
      )}
    </section>
  )
}

function RewordDialog({ text, onSave, onClose }: { text: string; onSave: (text: string) => void; onClose: () => void }) {
  const { t } = useText()
  const [value, setValue] = useState(text)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSave(value.trim() || text)
  }
  return (
    <Dialog title={t('edit')} onClose={onClose}>
      <form onSubmit={submit}>
        <textarea
          value={value}
          rows={3}
          aria-label={t('edit')}
          maxLength={1000}
          onChange={(event) => setValue(event.target.value)}
        />
        <button type="submit" className="button main">
          {t('save')}
        </button>
      </form>
    </Dialog>
  )
}
