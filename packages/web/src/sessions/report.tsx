import type { Report } from '@vigia/protocol'
import type { ReactNode } from 'react'
import { type TextKey, useText } from '../i18n/i18n.ts'
import { clock } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { nameOf } from '../ui/speaker.tsx'
import { Findings } from './findings.tsx'
import { type Row, spanOf } from './model.ts'
import { Tasks } from './tasks.tsx'
import type { Edits } from './use-edits.ts'

export interface ReportProps {
  report: Report
  rows: readonly Row[]
  names: Readonly<Record<string, string>>
  /** The item that was asked for from the transcript. */
  lit: string | null
  onEvidence: (evidence: readonly string[]) => void
  edits: Edits
}

const KINDS = [
  ['decision', 'decisions'],
  ['risk', 'risks'],
  ['question', 'questions'],
] as const satisfies readonly (readonly [Report['findings'][number]['kind'], TextKey])[]

/** Every line of it points at the words that prove it. */
export function ReportView({ report, rows, names, lit, edits, onEvidence }: ReportProps) {
  const { t } = useText()
  const link = (evidence: readonly string[], quote?: string): ReactNode => (
    <Evidence evidence={evidence} quote={quote} rows={rows} onEvidence={onEvidence} />
  )
  return (
    <div className="report">
      <p className={`method ${report.analysis.method}`}>
        <Icon name={report.analysis.method === 'llm' ? 'check' : 'edit'} size={16} /> {t(`method_${report.analysis.method}`)}
      </p>
      <section aria-labelledby="r-summary">
        <h3 id="r-summary">{t('summary')}</h3>
        {report.summary_points.length > 0 ? (
          <ul>
            {report.summary_points.map((point, i) => (
              <li key={point.text} id={`point-${i}`} className={lit === `point-${i}` ? 'lit' : ''}>
                {point.text} {link(point.evidence)}
              </li>
            ))}
          </ul>
        ) : (
          <p>{report.summary}</p>
        )}
      </section>
      <Tasks
        items={report.action_items}
        suggested={report.suggested_actions ?? []}
        names={names}
        lit={lit}
        link={link}
        edits={edits}
      />
      {KINDS.map(([kind, title]) => (
        <Findings
          key={kind}
          title={t(title)}
          findings={report.findings.filter((finding) => finding.kind === kind)}
          lit={lit}
          link={link}
          edits={edits}
        />
      ))}
      {report.chapters && report.chapters.length > 1 && (
        <section aria-labelledby="r-chapters">
          <h3 id="r-chapters">{t('chapters')}</h3>
          <ul>
            {report.chapters.map((chapter) => (
              <li key={chapter.start}>
                {chapter.title} {link(chapter.evidence)}
              </li>
            ))}
          </ul>
        </section>
      )}
      <TalkTime report={report} names={names} />
    </div>
  )
}

/** A link that lights the cited lines up and plays them; the quote shows on hover and focus. */
function Evidence({
  evidence,
  quote,
  rows,
  onEvidence,
}: {
  evidence: readonly string[]
  quote?: string | undefined
  rows: readonly Row[]
  onEvidence: (evidence: readonly string[]) => void
}) {
  const { t } = useText()
  const span = spanOf(evidence, rows)
  if (!span) return null
  const at = clock(span.start)
  return (
    <span className="evidence">
      <button type="button" className="chip" onClick={() => onEvidence(evidence)} aria-label={t('evidenceAt', { time: at })}>
        <Icon name="play" size={12} /> {at}
      </button>
      {quote && (
        <span className="preview" aria-hidden="true">
          «{quote}»
        </span>
      )}
    </span>
  )
}

/** How the time was shared. */
function TalkTime({ report, names }: { report: Report; names: Readonly<Record<string, string>> }) {
  const { t } = useText()
  const total = report.participants.reduce((sum, { talk_time }) => sum + talk_time, 0)
  if (total === 0 || report.participants.length < 2) return null
  let x = 0
  return (
    <section aria-labelledby="r-people" className="talk">
      <h3 id="r-people">{t('speakers')}</h3>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {report.participants.map(({ speaker, talk_time }) => {
          const width = (talk_time / total) * 100
          x += width
          return (
            <rect
              key={speaker}
              x={x - width}
              y="0"
              width={width}
              height="6"
              className={`hue-${(Number(/\d+/.exec(speaker)?.[0] ?? 8) - 1) % 8}`}
            />
          )
        })}
      </svg>
      <ul>
        {report.participants.map(({ speaker, talk_time }) => (
          <li key={speaker}>
            {nameOf(speaker, names)}: {t('talkTime', { time: clock(talk_time) })}
          </li>
        ))}
      </ul>
    </section>
  )
}
