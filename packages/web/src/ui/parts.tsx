import { VigiaError } from '@vigia/client'
import { type ReactNode, useEffect, useRef } from 'react'
import { useText } from '../i18n/i18n.ts'
import { Icon, type IconName } from './icons.tsx'

/** A button with an icon; `label` is shown, or only said when `quiet`. */
export function Button(props: {
  label: string
  icon?: IconName
  onClick: () => void
  kind?: 'main' | 'danger' | 'plain' | 'ghost'
  quiet?: boolean
  disabled?: boolean
  pressed?: boolean
  keys?: string
}) {
  const { label, icon, onClick, kind = 'plain', quiet = false, disabled, pressed, keys } = props
  return (
    <button
      type="button"
      className={`button ${kind} ${quiet ? 'quiet' : ''}`}
      onClick={onClick}
      disabled={disabled}
      title={keys ? `${label} (${keys})` : quiet ? label : undefined}
      {...(quiet ? { 'aria-label': label } : {})}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      {...(keys ? { 'aria-keyshortcuts': keys } : {})}
    >
      {icon && <Icon name={icon} />}
      {!quiet && <span>{label}</span>}
    </button>
  )
}

/** A modal dialog; Escape and the backdrop close it, focus goes back where it was. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useText()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = element.current!
    const before = document.activeElement
    dialog.showModal()
    return () => {
      dialog.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does it by keyboard
    <dialog
      ref={element}
      aria-label={title}
      onCancel={onClose}
      onClick={(event) => event.target === element.current && onClose()}
    >
      <div className="dialog-body">
        <header>
          <h2>{title}</h2>
          <Button label={t('close')} icon="close" quiet kind="ghost" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  )
}

/** What went wrong, and what to do. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useText()
  const known = VigiaError.is(error) ? error : null
  const text =
    known?.code === 'unauthorized' ? t('wrongKey') : (known?.message ?? (error instanceof Error ? error.message : t('error')))
  return (
    <div className="problem" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{text}</strong>
        {known?.hint && <p>{known.hint}</p>}
        {known && <p className="code">{known.code}</p>}
      </div>
      {onRetry && <Button label={t('retry')} icon="again" onClick={onRetry} />}
    </div>
  )
}

export function Empty({ title, hint, icon, children }: { title: string; hint?: string; icon: IconName; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={36} />
      <p className="title">{title}</p>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  )
}
