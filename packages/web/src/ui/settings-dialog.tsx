import { useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { activeCommands } from '../std/commands.ts'
import { tellAuth } from '../std/service-worker.ts'
import { changeSettings, type Settings, useSettings } from '../std/settings.ts'
import { Button, Dialog } from './parts.tsx'

export function SettingsDialog({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const { t } = useText()
  const settings = useSettings()
  const [key, setKey] = useState(settings.key)
  const save = (): void => {
    changeSettings({ key: key.trim() })
    void tellAuth()
    location.reload()
  }
  return (
    <Dialog title={t('settings')} onClose={onClose}>
      <Choice
        label={t('language')}
        value={settings.language}
        options={[
          ['auto', t('auto')],
          ['es', 'Español'],
          ['en', 'English'],
        ]}
        onChange={(language) => changeSettings({ language: language as Settings['language'] })}
      />
      <Choice
        label={t('theme')}
        value={settings.theme}
        options={[
          ['auto', t('auto')],
          ['light', t('light')],
          ['dark', t('dark')],
        ]}
        onChange={(theme) => changeSettings({ theme: theme as Settings['theme'] })}
      />
      <Choice
        label={t('photoEvery')}
        value={String(settings.photoEveryS)}
        options={[2, 5, 10, 30, 60].map((s) => [String(s), `${s} s`])}
        onChange={(value) => changeSettings({ photoEveryS: Number(value) })}
      />
      <label className="field">
        <span>{t('key')}</span>
        <input
          type="password"
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby="key-hint"
        />
        <small id="key-hint">{t('keyHint')}</small>
      </label>
      <div className="row">
        <Button label={t('shortcuts')} onClick={onShortcuts} />
        <a className="button plain" href="/docs">
          API
        </a>
        {key !== settings.key && <Button label={t('save')} kind="main" onClick={save} />}
      </div>
    </Dialog>
  )
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: string
  options: [string, string][]
  onChange: (value: string) => void
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useText()
  return (
    <Dialog title={t('shortcuts')} onClose={onClose}>
      <dl className="shortcuts">
        {activeCommands().map(({ keys, label }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
