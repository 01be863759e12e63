import { useEffect, useMemo, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { api, useLoaded } from '../std/api.ts'
import { copyText } from '../std/clipboard.ts'
import { clock } from '../std/format.ts'
import { pairingUrl } from '../std/pairing.ts'
import { useSettings } from '../std/settings.ts'
import { undoShelf } from '../std/undo.ts'
import { Button, Problem } from '../ui/parts.tsx'
import { Qr } from './qr.tsx'
import { usePass } from './use-pass.ts'

const LIFETIMES_S = [600, 3600, 8 * 3600, 24 * 3600] as const

/** A code that a phone's camera opens: the address of this server and, where it is needed, a pass that expires. */
export function PairPage() {
  const { t } = useText()
  const { data, error, reload } = useLoaded('pair', (signal) => api().system(signal))
  const addresses = useMemo(() => reachable(data?.addresses ?? []), [data])
  const [chosen, setChosen] = useState<string | null>(null)
  const address = chosen ?? addresses[0] ?? null
  const copy = async (text: string): Promise<void> => undoShelf.say(t((await copyText(text)) ? 'copied' : 'copyFailed'))
  return (
    <main id="main" className="page pair">
      <header className="page-head">
        <h1>{t('pairTitle')}</h1>
      </header>
      {error !== null && <Problem error={error} onRetry={reload} />}
      {data && address === null && <p className="banner warn">{t('pairLoopback')}</p>}
      {address && (
        <div className="pair-card card">
          <Code address={address} />
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
          <p className="quiet">{t('pairSocket')}:</p>
          <div className="row">
            <code>{socketOf(address)}</code>
            <Button label={t('copy')} onClick={() => void copy(socketOf(address))} />
          </div>
        </div>
      )}
    </main>
  )
}

/** The code with what it lets in, and for how long. This browser's key is in it only when somebody asks for that. */
function Code({ address }: { address: string }) {
  const { t } = useText()
  const { key } = useSettings()
  const [lifetimeS, setLifetime] = useState<number>(LIFETIMES_S[1])
  const [withKey, setWithKey] = useState(false)
  const { pass, error, renew } = usePass(lifetimeS)
  if (error !== null) return <Problem error={error} onRetry={renew} />
  if (!pass) return <p className="quiet">{t('loading')}</p>
  const credential = withKey ? key : pass.kind === 'token' ? pass.token : ''
  return (
    <>
      <Qr text={pairingUrl(address, credential)} label={address} />
      <p>{t('pairHint')}</p>
      {pass.kind === 'open' && <p className="quiet">{t('pairNoKey')}</p>}
      {pass.kind === 'none' && <p className="banner warn">{t('pairNoPass')}</p>}
      {pass.kind === 'token' && !withKey && (
        <>
          <Countdown endMs={pass.expiresMs} />
          <div className="row">
            <label className="inline">
              <span>{t('passFor')}</span>{' '}
              <select value={lifetimeS} onChange={(event) => setLifetime(Number(event.target.value))}>
                {LIFETIMES_S.map((seconds) => (
                  <option key={seconds} value={seconds}>
                    {seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`}
                  </option>
                ))}
              </select>
            </label>
            <Button label={t('passRenew')} icon="again" onClick={renew} />
          </div>
        </>
      )}
      {pass.kind === 'token' && (
        <label className="check">
          <input type="checkbox" checked={withKey} onChange={(event) => setWithKey(event.target.checked)} /> {t('pairWithKey')}
        </label>
      )}
      {withKey && <p className="banner warn">{t('pairKey')}</p>}
    </>
  )
}

/** How long the pass is good for; screen readers hear it when they ask, not every second. */
function Countdown({ endMs }: { endMs: number }) {
  const { t } = useText()
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return <p className="countdown">{t('expires', { time: clock(Math.ceil((endMs - now) / 1000)) })}</p>
}

const socketOf = (address: string): string => `${address.replace(/^http/, 'ws')}/ws/audio`

/** The address this page was opened under works for others too, unless it is loopback. */
function reachable(fromServer: readonly string[]): string[] {
  const own = /^(localhost|127\.|\[::1\])/.test(location.hostname) ? [] : [location.origin]
  return [...new Set([...own, ...fromServer])]
}
