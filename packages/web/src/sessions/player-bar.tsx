import type { Peaks, SessionDetail } from '@vigia/protocol'
import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { clock } from '../std/format.ts'
import { Button } from '../ui/parts.tsx'
import type { Row } from './model.ts'
import type { RecordingPlayer } from './use-player.ts'
import { Waveform } from './waveform.tsx'

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const

/** Hear the recording; the wave shows who speaks when. */
export function PlayerBar(props: {
  id: string
  detail: SessionDetail
  player: RecordingPlayer
  peaks: Peaks | null
  rows: readonly Row[]
  follows: boolean
  onFollow: (on: boolean) => void
}) {
  const { id, detail, player, peaks, rows, follows, onFollow } = props
  const { t } = useText()
  if (detail.state !== 'final') return <p className="player quiet">{t('noAudio')}</p>
  return (
    <section className="player" aria-label={t('waveform')}>
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript stands beside it and follows it */}
      <audio ref={player.audio} src={api().audioUrl(id)} preload="metadata" />
      {peaks && <Waveform peaks={peaks} rows={rows} position={player.position} onSeek={player.seek} />}
      <div className="player-controls">
        <Button label={t('back5')} icon="back" quiet kind="ghost" onClick={() => player.seek(player.position - 5)} />
        <Button
          label={player.playing ? t('pause') : t('play')}
          icon={player.playing ? 'pause' : 'play'}
          quiet
          kind="main"
          onClick={player.toggle}
          keys="space"
        />
        <Button label={t('forward5')} icon="forward" quiet kind="ghost" onClick={() => player.seek(player.position + 5)} />
        <span className="position">
          <time>{clock(player.position)}</time> / {clock(detail.duration)}
        </span>
        <label className="inline">
          <span className="sr-only">{t('speed')}</span>
          <select value={player.speed} onChange={(event) => player.setSpeed(Number(event.target.value))}>
            {SPEEDS.map((speed) => (
              <option key={speed} value={speed}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={player.skipSilence} onChange={(event) => player.setSkipSilence(event.target.checked)} />{' '}
          {t('skipSilence')}
        </label>
        <label className="check">
          <input type="checkbox" checked={follows} onChange={(event) => onFollow(event.target.checked)} /> {t('follow')}
        </label>
      </div>
    </section>
  )
}
