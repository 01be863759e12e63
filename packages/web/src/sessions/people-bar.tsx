import { useText } from '../i18n/i18n.ts'
import { nameOf, Speaker } from '../ui/speaker.tsx'

/** Who speaks in the session; whose lines to show; where to doubt. */
export function PeopleBar(props: {
  speakers: readonly string[]
  names: Readonly<Record<string, string>>
  /** The only one whose lines are shown. */
  only: string | null
  review: boolean
  onOnly: (speaker: string | null) => void
  onReview: (on: boolean) => void
  onRename: (speaker: string) => void
}) {
  const { speakers, names, only, review, onOnly, onReview, onRename } = props
  const { t } = useText()
  return (
    <div className="people">
      {speakers.map((speaker) => (
        <Speaker key={speaker} speaker={speaker} names={names} title={t('rename')} onClick={() => onRename(speaker)} />
      ))}
      {speakers.length > 1 && (
        <label className="inline">
          <span className="sr-only">{t('showOnly')}</span>
          <select value={only ?? ''} onChange={(event) => onOnly(event.target.value || null)}>
            <option value="">{t('everybody')}</option>
            {speakers.map((speaker) => (
              <option key={speaker} value={speaker}>
                {t('onlyOne', { name: nameOf(speaker, names) })}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="check">
        <input type="checkbox" checked={review} onChange={(event) => onReview(event.target.checked)} /> {t('review')}
      </label>
    </div>
  )
}
