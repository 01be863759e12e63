import { type TextKey, useText } from '../i18n/i18n.ts'
import type { Route } from '../std/router.ts'
import { Icon, type IconName, Logo } from './icons.tsx'

const PAGES: readonly [path: string, key: TextKey, icon: IconName][] = [
  ['', 'live', 'live'],
  ['sessions', 'sessions', 'sessions'],
  ['system', 'system', 'system'],
  ['pair', 'pair', 'pair'],
]

/** A rail beside the page on wide screens, a bar under it on phones. */
export function Navigation({ route, liveState, onSettings }: { route: Route; liveState: string; onSettings: () => void }) {
  const { t } = useText()
  const isLive = liveState === 'live' || liveState === 'reconnecting' || liveState === 'connecting'
  return (
    <header className="rail">
      <a className="brand" href="#/" aria-label="Vigía">
        <Logo /> <span>Vigía</span>
      </a>
      <nav aria-label={t('navigation')}>
        {PAGES.map(([path, key, icon]) => (
          <a key={key} href={`#/${path}`} aria-current={(route.path[0] ?? '') === path ? 'page' : undefined}>
            <span className="nav-icon">
              <Icon name={icon} size={22} />
              {path === '' && isLive && <span className="live-dot" aria-hidden="true" />}
            </span>
            <span>{t(key)}</span>
          </a>
        ))}
      </nav>
      <button
        type="button"
        className="button ghost rail-settings"
        onClick={onSettings}
        aria-label={t('settings')}
        title={t('settings')}
      >
        <Icon name="settings" size={22} /> <span>{t('settings')}</span>
      </button>
    </header>
  )
}
