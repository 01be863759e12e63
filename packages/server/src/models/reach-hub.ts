import type { HubSettings } from './hub-settings.ts'

/** Whether the hub answers, without fetching anything. */
export async function reachHub(
  { hfEndpoint, offline }: HubSettings,
  timeoutMs = 4000,
): Promise<{ reachable: boolean; why?: string }> {
  if (offline) return { reachable: false, why: 'HF_HUB_OFFLINE is set' }
  try {
    const response = await fetch(hfEndpoint, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return response.status < 500
      ? { reachable: true }
      : { reachable: false, why: `${new URL(hfEndpoint).host} answered ${response.status}` }
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } }
    return { reachable: false, why: name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'no connection') }
  }
}
