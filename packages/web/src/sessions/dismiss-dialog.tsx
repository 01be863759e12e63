import { type TextKey, useText } from '../i18n/i18n.ts'
import { Button, Dialog } from '../ui/parts.tsx'

/** Why something the report claims does not hold; the reason is kept with it. */
export function DismissDialog({
  text,
  reasons,
  onDismiss,
  onClose,
}: {
  text: string
  reasons: readonly TextKey[]
  onDismiss: (reason: string) => void
  onClose: () => void
}) {
  const { t } = useText()
  return (
    <Dialog title={t('dismissWhy')} onClose={onClose}>
      <p>{text}</p>
      <div className="row">
        {reasons.map((reason) => (
          <Button key={reason} label={t(reason)} onClick={() => onDismiss(t(reason))} />
        ))}
      </div>
    </Dialog>
  )
}
