import { useText } from '../i18n/i18n.ts'
import { useCommands } from '../std/commands.ts'
import type { RecordingPlayer } from './use-player.ts'

/** Keys of a session's page: play, move, go by lines, correct. */
export function useSessionKeys({
  player,
  rows,
  current,
  editing,
  speaker,
}: {
  player: RecordingPlayer
  rows: readonly { kind: string; at: number }[]
  /** Index of the row that is played. */
  current: number
  editing: () => void
  speaker: () => void
}): void {
  const { t } = useText()
  const step = (by: 1 | -1): void => {
    for (let i = current + by; i >= 0 && i < rows.length; i += by) {
      if (rows[i]!.kind !== 'segment') continue
      player.seek(rows[i]!.at)
      return
    }
  }
  const move = (seconds: number) => (): void => player.seek(player.position + seconds)
  useCommands([
    { keys: 'space', label: t('k_play'), run: player.toggle },
    { keys: 'k', label: t('k_play'), run: player.toggle },
    { keys: 'j', label: t('back10'), run: move(-10) },
    { keys: 'l', label: t('forward10'), run: move(10) },
    { keys: 'arrowleft', label: t('back5'), run: move(-5) },
    { keys: 'arrowright', label: t('forward5'), run: move(5) },
    { keys: '[', label: t('prev'), run: () => step(-1) },
    { keys: ']', label: t('next'), run: () => step(1) },
    { keys: 'e', label: t('k_edit'), run: editing },
    { keys: 's', label: t('k_speaker'), run: speaker },
  ])
}
