import type { Observation } from '@vigia/protocol'
import { type TextKey, useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { clock } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Dialog } from '../ui/parts.tsx'

/** All photos, those with dangers first. */
export function Gallery({ photos, onOpen }: { photos: readonly Observation[]; onOpen: (frameId: string) => void }) {
  const { t } = useText()
  const sorted = [...photos].sort(
    (a, b) => Number(b.dangers.length > 0) - Number(a.dangers.length > 0) || (a.at ?? 0) - (b.at ?? 0),
  )
  if (photos.length === 0) return <p className="quiet">{t('noPhotos')}</p>
  return (
    <ul className="gallery">
      {sorted.map((photo) => (
        <li key={photo.frame_id}>
          <button type="button" onClick={() => onOpen(photo.frame_id)} className={photo.dangers.length > 0 ? 'danger' : ''}>
            <img src={api().photoUrl(photo.frame_id, 'thumb')} alt={photo.description} loading="lazy" />
            <span>
              {photo.dangers.length > 0 && <Icon name="warn" size={16} />} {clock(photo.at ?? 0)} {photo.description}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** One photo large, with all that was seen. */
export function Lightbox({
  photos,
  open,
  onOpen,
  onSeek,
}: {
  photos: readonly Observation[]
  open: string
  onOpen: (frameId: string | null) => void
  onSeek: (seconds: number) => void
}) {
  const { t } = useText()
  const at = photos.findIndex(({ frame_id }) => frame_id === open)
  const photo = photos[at]
  if (!photo) return null
  const lists: [TextKey, readonly string[]][] = [
    ['visibleText', photo.text_visible],
    ['suggested', photo.suggestions],
    ['uncertain', photo.uncertain],
  ]
  return (
    <Dialog title={`${t('photo')} ${clock(photo.at ?? 0)}`} onClose={() => onOpen(null)}>
      <figure className="lightbox">
        <img src={api().photoUrl(photo.frame_id)} alt={photo.description} />
        <figcaption>
          {photo.dangers.map((danger) => (
            <p key={danger.what} className="banner danger">
              <Icon name="warn" /> {danger.what} · {danger.where} · {danger.why}
            </p>
          ))}
          <p>{photo.description}</p>
          {photo.engine.method === 'measured' && <p className="quiet">{t('measured')}</p>}
          {lists.map(([title, items]) =>
            items.length > 0 ? (
              <section key={title}>
                <h3>{t(title)}</h3>
                <ul>
                  {items.map((item) => (
                    <li key={item}>{item}</li>
                  ))}
                </ul>
              </section>
            ) : null,
          )}
        </figcaption>
      </figure>
      <div className="row">
        <Button label={t('prev')} icon="back" disabled={at === 0} onClick={() => onOpen(photos[at - 1]!.frame_id)} />
        <Button
          label={t('next')}
          icon="forward"
          disabled={at === photos.length - 1}
          onClick={() => onOpen(photos[at + 1]!.frame_id)}
        />
        <Button label={t('play')} icon="play" onClick={() => onSeek(photo.at ?? 0)} />
      </div>
    </Dialog>
  )
}
