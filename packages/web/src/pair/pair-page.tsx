import { useMemo, useState } from 'react'
import { encode } from 'uqr'
import { type Translate, useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { pairingUrl } from '../std/pairing.ts'
import { useSettings } from '../std/settings.ts'
import { Button, Problem } from '../ui/parts.tsx'

/** A code that a phone's camera opens: the address of this server and, where there is one, a pass. */
export function PairPage() {
  const { t } = useText()
  const settings = useSettings()
  const { data, error, reload } = useLoaded('pair', (signal) => api().system(signal))
  const addresses = useMemo(() => reachable(data?.addresses ?? []), [data])
  const [chosen, setChosen] = useState<string | null>(null)
  const address = chosen ?? addresses[0] ?? null
  return (
    <main id="main" className="page pair">
      <header className="page-head">
        <h1>{t('pairTitle')}</h1>
      </header>
      {error !== null && <Problem error={error} onRetry={reload} />}
      {data && address === null && <p className="banner warn">{t('pairLoopback')}</p>}
      {address && (
        <div className="pair-card card">
          <Qr text={pairingUrl(address, settings.key)} t={t} label={address} />
          <p>{t('pairHint')}</p>
          {addresses.length > 1 ? (
            <label className="field">
              <span>{t('pairAddress')}</span>
              <select value={address} onChange={(event) => setChosen(event.target.value)}>
                {addresses.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
          ) : (
            <p className="address">{address}</p>
          )}
          <p className="quiet">
            {settings.key === '' ? t('pairNoKey') : settings.key.startsWith('vt_') ? t('pairToken') : t('pairKey')}
          </p>
          <p className="quiet">{t('pairSocket')}:</p>
          <div className="row">
            <code>{`${address.replace(/^http/, 'ws')}/ws/audio`}</code>
            <Button
              label={t('copy')}
              onClick={() => void navigator.clipboard?.writeText(`${address.replace(/^http/, 'ws')}/ws/audio`)}
            />
          </div>
        </div>
      )}
    </main>
  )
}

/** The address this page was opened under works for others too, unless it is loopback. */
function reachable(fromServer: readonly string[]): string[] {
  const own = /^(localhost|127\.|\[::1\])/.test(location.hostname) ? [] : [location.origin]
  return [...new Set([...own, ...fromServer])]
}

/** Drawn as one path; dark on light in both themes, as readers expect. */
function Qr({ text, label, t }: { text: string; label: string; t: Translate }) {
  const { size, data } = useMemo(() => encode(text, { ecc: 'M', border: 2 }), [text])
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={t('qr', { url: label })}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#14202b" />
    </svg>
  )
}
