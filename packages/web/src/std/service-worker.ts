import { settings } from './settings.ts'

/** Offline reading and keys for pictures; browsers allow it on https and on the machine itself. */
export function startServiceWorker(): void {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.register('/app/sw.js', { scope: '/' }).then(tellAuth, () => {})
  navigator.serviceWorker.addEventListener('controllerchange', () => void tellAuth())
}

async function tell(message: object): Promise<void> {
  const registration = await navigator.serviceWorker?.ready
  registration?.active?.postMessage(message)
}

/** The worker adds the key to what elements load. */
export const tellAuth = (): Promise<void> => tell({ type: 'auth', value: settings().key })

/** An erased session leaves this device too. */
export const forgetSession = (id: string): Promise<void> =>
  'serviceWorker' in navigator ? tell({ type: 'forget', value: id }) : Promise.resolve()
