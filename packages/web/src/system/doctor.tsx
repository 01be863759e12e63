import type { Diagnosis } from '@vigia/protocol'
import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import { bytes } from '../std/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Button, Problem } from '../ui/parts.tsx'

/** What the machine can carry, what is missing, and the command that brings it: as `vigia doctor` says it. */
export function Doctor() {
  const { t } = useText()
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const look = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    await api().diagnosis().then(setDiagnosis, setError)
    setBusy(false)
  }
  return (
    <section className="card wide doctor" aria-labelledby="s-doctor">
      <h2 id="s-doctor">{t('doctor')}</h2>
      <p className="quiet">{t('doctorHint')}</p>
      {error !== null && <Problem error={error} />}
      <div aria-live="polite">{diagnosis && <Findings diagnosis={diagnosis} />}</div>
      <Button label={busy ? t('doctorLooking') : t('doctorLook')} icon="search" disabled={busy} onClick={() => void look()} />
    </section>
  )
}

function Findings({ diagnosis }: { diagnosis: Diagnosis }) {
  const { t, language } = useText()
  const { machine, hub, models, problems } = diagnosis
  const installed = models.filter(({ status }) => status === 'installed').length
  const facts: [string, string][] = [
    [t('machine'), `${machine.name} · ${machine.cores} ${t('cores')}`],
    [t('memory'), `${bytes(machine.ram_bytes, language)}, ${bytes(machine.free_ram_bytes, language)} ${t('free')}`],
    [t('card'), machine.gpus.map(({ name, vram_bytes }) => `${name} (${bytes(vram_bytes, language)})`).join(', ') || t('noCard')],
    [t('disk'), `${bytes(machine.free_disk_bytes, language)} ${t('free')}`],
    [t('profile'), diagnosis.profile],
    [t('models'), t('modelsOf', { n: installed, all: models.length })],
    [t('hub'), hub.reachable ? t('reachable') : `${t('unreachable')}${hub.why ? `: ${hub.why}` : ''}`],
  ]
  return (
    <>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {problems.length === 0 ? (
        <p className="banner">
          <Icon name="check" /> {t('nothingMissing')}
        </p>
      ) : (
        <ul className="errors">
          {problems.map(({ text, fix }) => (
            <li key={text}>
              <p>
                <Icon name="warn" size={16} /> <span lang="en">{text}</span>
              </p>
              <code>{fix}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
