import { useEffect, useMemo, useState } from 'react'
import { Gate } from './access/gate.tsx'
import { I18n, preferredLanguage, translator } from './i18n/i18n.ts'
import { LivePage } from './live/live-page.tsx'
import { useLive } from './live/use-live.ts'
import { PairPage } from './pair/pair-page.tsx'
import { ListPage } from './sessions/list-page.tsx'
import { SessionPage } from './sessions/session-page.tsx'
import { useCommands, useKeyboard } from './std/commands.ts'
import { go, type Route, useRoute } from './std/router.ts'
import { useSettings } from './std/settings.ts'
import { SystemPage } from './system/system-page.tsx'
import { Navigation } from './ui/navigation.tsx'
import { NoticeBar } from './ui/notice.tsx'
import { SettingsDialog, ShortcutsDialog } from './ui/settings-dialog.tsx'
import { VoicesPage } from './voices/voices-page.tsx'

export function App() {
  const settings = useSettings()
  const route = useRoute()
  const live = useLive()
  const [dialog, setDialog] = useState<'settings' | 'shortcuts' | null>(null)
  const language = settings.language === 'auto' ? preferredLanguage(navigator.languages) : settings.language
  const i18n = useMemo(() => ({ language, t: translator(language) }), [language])
  const { t } = i18n

  useEffect(() => {
    document.documentElement.lang = language
    document.documentElement.dataset.theme = settings.theme
  }, [language, settings.theme])
  useKeyboard()
  useCommands([
    { keys: 'g l', label: t('k_live'), run: () => go('/') },
    { keys: 'g s', label: t('k_sessions'), run: () => go('/sessions') },
    { keys: 'g y', label: t('k_system'), run: () => go('/system') },
    { keys: 'g p', label: t('k_pair'), run: () => go('/pair') },
    { keys: '/', label: t('k_search'), run: () => search() },
    { keys: '?', label: t('k_help'), run: () => setDialog('shortcuts') },
  ])
  return (
    <I18n value={i18n}>
      <button type="button" className="skip" onClick={skip}>
        {t('skip')}
      </button>
      <Navigation route={route} liveState={live.view.state} onSettings={() => setDialog('settings')} />
      <Gate>
        <Page route={route} live={live} />
      </Gate>
      <NoticeBar />
      {dialog === 'settings' && <SettingsDialog onClose={() => setDialog(null)} onShortcuts={() => setDialog('shortcuts')} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={() => setDialog(null)} />}
    </I18n>
  )
}

function Page({ route, live }: { route: Route; live: ReturnType<typeof useLive> }) {
  const [page, id] = route.path
  if (page === 'sessions' && id) return <SessionPage key={id} id={id} route={route} />
  if (page === 'sessions') return <ListPage route={route} />
  if (page === 'system') return <SystemPage />
  if (page === 'pair') return <PairPage />
  if (page === 'voices') return <VoicesPage />
  return <LivePage live={live} />
}

/** A link would change the address, which says where in the app we are. */
function skip(): void {
  const main = document.getElementById('main')
  main?.setAttribute('tabindex', '-1')
  main?.focus()
}

function search(): void {
  if (!location.hash.startsWith('#/sessions') || location.hash.startsWith('#/sessions/')) go('/sessions')
  requestAnimationFrame(() => document.getElementById('search')?.focus())
}
