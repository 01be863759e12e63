import { useText } from '../i18n/i18n.ts'
import { Button } from '../ui/parts.tsx'

/** What can be done with a line of the report: `text` tells screen readers which line. */
export function RowTools({ text, onEdit, onDismiss }: { text: string; onEdit: () => void; onDismiss: () => void }) {
  const { t } = useText()
  return (
    <>
      <Button label={`${t('edit')}: ${text}`} icon="edit" quiet kind="ghost" onClick={onEdit} />
      <Button label={`${t('dismiss')}: ${text}`} icon="close" quiet kind="ghost" onClick={onDismiss} />
    </>
  )
}

/** Lines that were dismissed, folded away: each with its reason, and the way back. */
export function DismissedRows<T extends { id: string; dismissed_because?: string | undefined }>({
  items,
  textOf,
  className,
  onReopen,
}: {
  items: readonly T[]
  textOf: (item: T) => string
  className: string
  onReopen: (item: T) => void
}) {
  const { t } = useText()
  if (items.length === 0) return null
  return (
    <details>
      <summary>
        {t('dismissed')} ({items.length})
      </summary>
      <ul>
        {items.map((item) => (
          <li key={item.id} className={className}>
            <span className="task-title">{textOf(item)}</span> {item.dismissed_because && <em>{item.dismissed_because}</em>}
            <Button label={t('reopen')} onClick={() => onReopen(item)} />
          </li>
        ))}
      </ul>
    </details>
  )
}
