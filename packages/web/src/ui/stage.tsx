import { isTextKey, useText } from '../i18n/i18n.ts'

/** How far the work on a recording has come: a bar, and in words what is done now. */
export function Stage({ progress }: { progress: { stage: string; done: number; total: number } | null }) {
  const { t } = useText()
  const key = `stage_${progress?.stage ?? ''}`
  const label = isTextKey(key) ? t(key) : t('analyzing')
  const isCounted = progress !== null && progress.total > 0
  return (
    <span className="stage">
      <progress {...(isCounted ? { value: progress.done, max: progress.total } : {})} aria-label={label} />
      <small>{label}</small>
    </span>
  )
}
