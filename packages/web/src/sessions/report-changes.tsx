import { useText } from '../i18n/i18n.ts'
import type { SessionData } from './use-session.ts'

/** What a new analysis says that the one before did not. */
export function ReportChanges({ changes }: { changes: SessionData['changes'] }) {
  const { t } = useText()
  if (!changes) return null
  if (changes.added.length + changes.removed.length === 0) return <p className="banner">{t('same')}</p>
  return (
    <details className="changes" open>
      <summary>{t('compare')}</summary>
      <ul>
        {changes.added.map((line) => (
          <li key={line}>
            <ins>
              {t('added')}: {line}
            </ins>
          </li>
        ))}
        {changes.removed.map((line) => (
          <li key={line}>
            <del>
              {t('removed')}: {line}
            </del>
          </li>
        ))}
      </ul>
    </details>
  )
}
