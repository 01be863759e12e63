import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { Icon } from '../ui/icons.tsx'
import { Dialog } from '../ui/parts.tsx'
import { nameOf, Speaker } from '../ui/speaker.tsx'
import { EnrolVoice } from '../voices/enrol-voice.tsx'

interface SpeakerDialogProps {
  sessionId: string
  speaker: string
  speakers: readonly string[]
  names: Readonly<Record<string, string>>
  /** The recording stands, so that the voice can be learnt from it. */
  canEnrol: boolean
  onRename: (name: string) => void
  onMerge: (into: string) => void
  /** Left out where no line was chosen. */
  onAssign?: (speaker: string) => void
  onClose: () => void
}

/** A name for a voice; or that two voices are one; or that this line is somebody else's; or that the voice may be known. */
export function SpeakerDialog(props: SpeakerDialogProps) {
  const { sessionId, speaker, speakers, names, canEnrol, onRename, onMerge, onAssign, onClose } = props
  const { t } = useText()
  const [name, setName] = useState(names[speaker] ?? '')
  const others = speakers.filter((one) => one !== speaker)
  const fresh = nextLabel(speakers)
  return (
    <Dialog title={t('renameTitle', { speaker })} onClose={onClose}>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          onRename(name.trim())
        }}
      >
        <input
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-label={t('renameTitle', { speaker })}
          placeholder={nameOf(speaker, names)}
          maxLength={100}
        />
        <button type="submit" className="button main">
          {t('save')}
        </button>
      </form>
      {onAssign && (
        <>
          <h3>{t('changeSpeaker')}</h3>
          <div className="row">
            {others.map((one) => (
              <Speaker key={one} speaker={one} names={names} onClick={() => onAssign(one)} />
            ))}
            <button type="button" className="button plain" onClick={() => onAssign(fresh)}>
              <Icon name="person" /> {t('newPerson')}
            </button>
          </div>
        </>
      )}
      {others.length > 0 && (
        <>
          <h3>{t('mergeInto')}</h3>
          <div className="row">
            {others.map((one) => (
              <button key={one} type="button" className="button plain" onClick={() => onMerge(one)}>
                <Icon name="person" /> {t('merge')}: {nameOf(one, names)}
              </button>
            ))}
          </div>
        </>
      )}
      {canEnrol && <EnrolVoice sessionId={sessionId} speaker={speaker} name={names[speaker] ?? ''} />}
    </Dialog>
  )
}

/** A label that nobody has. */
export function nextLabel(speakers: readonly string[]): string {
  for (let n = 1; ; n++) if (!speakers.includes(`S${n}`)) return `S${n}`
}
