import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { clock } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button } from '../ui/parts.tsx'
import type { LiveAlert, LivePhoto } from './live-state.ts'

/** The newest photo with its description, the earlier ones small. */
export function PhotoStrip({ photos, waiting }: { photos: readonly LivePhoto[]; waiting: number }) {
  const { t } = useText()
  const [latest, ...earlier] = photos
  if (!latest && waiting === 0) return null
  return (
    <section className="card photo-strip" aria-label={t('photos')}>
      <h2>
        {t('photos')}{' '}
        {waiting > 0 && (
          <small>
            · {waiting} {t('unsent')}
          </small>
        )}
      </h2>
      {latest && (
        <figure>
          <img src={api().photoUrl(latest.frameId)} alt={latest.observation.description} loading="lazy" />
          <figcaption>
            {latest.at !== null && <time>{clock(latest.at)}</time>} {latest.observation.description}
          </figcaption>
        </figure>
      )}
      <ul className="thumbs">
        {earlier.slice(0, 12).map((photo) => (
          <li key={photo.frameId}>
            <img src={api().photoUrl(photo.frameId, 'thumb')} alt={photo.observation.description} loading="lazy" />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Dangers stay until somebody says they saw them. */
export function Alerts({ alerts, onSeen }: { alerts: readonly LiveAlert[]; onSeen: (id: string) => void }) {
  const { t } = useText()
  return (
    <div className="alerts">
      {alerts.map((alert) => (
        <div key={alert.id} className={`banner danger ${alert.severity}`} role="alert">
          <Icon name="warn" size={26} />
          <span>
            <strong>
              {t('danger')}: {alert.what}
            </strong>{' '}
            {[alert.where, alert.why].filter(Boolean).join(' · ')}
          </span>
          <Button label={t('close')} icon="close" quiet kind="ghost" onClick={() => onSeen(alert.id)} />
        </div>
      ))}
    </div>
  )
}
