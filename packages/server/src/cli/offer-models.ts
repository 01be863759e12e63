import { VigiaError } from '@vigia/protocol'
import type { App } from '../app.ts'
import { readMachine } from '../engines/machine.ts'
import { modelsOfProfile, resolveProfile } from '../engines/profiles.ts'
import type { Logger } from '../log.ts'
import { type HubSettings, hubSettings } from '../models/hub-settings.ts'
import { downloadBytes, isPinned, type ModelEntry } from '../models/manifest.ts'
import { type PullOptions, pullModel } from '../models/pull.ts'
import { reachHub } from '../models/reach-hub.ts'
import { bytesText } from '../std/bytes-text.ts'

/**
 * At the start: says in one line what the profile lacks and how to bring it, or brings it while the server serves on what
 * it has. Never in the way of serving.
 */
export async function offerModels(
  app: Pick<App, 'config' | 'models' | 'engineSet'>,
  { say, log, signal, hub = hubSettings(), download }: OfferOptions,
): Promise<void> {
  const { fetch: mode } = app.config.models
  if (mode === 'never') return
  const profile = resolveProfile(app.config.profile, await readMachine(app.models.dir))
  const missing = await missingModels(app, modelsOfProfile(profile))
  if (missing.length === 0) return
  const size = bytesText(missing.reduce((sum, entry) => sum + downloadBytes(entry), 0))
  const reach = await reachHub(hub)
  if (signal.aborted) return
  if (!reach.reachable)
    return say(
      `The profile ${profile} lacks ${missing.length} models and the hub cannot be reached (${reach.why}); serving on what is here.`,
    )
  if (mode === 'offer')
    return say(
      `The profile ${profile} is better with ${missing.length} more models (${size}): "npm run vigia -- models pull ${profile}" brings them, no restart needed.`,
    )
  say(`Fetching ${missing.length} models of the profile ${profile} (${size}) while serving on what is here.`)
  for (const entry of missing) await fetchOne(app, entry, { hub, signal, download }, log)
}

export interface OfferOptions {
  say: (line: string) => void
  log: Logger
  signal: AbortSignal
  hub?: HubSettings
  download?: PullOptions['download']
}

async function missingModels({ models }: Pick<App, 'models'>, ids: readonly string[]): Promise<ModelEntry[]> {
  const entries = await Promise.all(ids.map((id) => models.entry(id)))
  const states = await Promise.all(entries.map((entry) => models.status(entry)))
  // Licences are accepted by a person; files without a checksum are taken by one.
  return entries.filter((entry, index) => states[index] !== 'installed' && entry.license.commercial && isPinned(entry))
}

async function fetchOne(
  app: Pick<App, 'models' | 'engineSet'>,
  entry: ModelEntry,
  options: Omit<PullOptions, 'accept'>,
  log: Logger,
): Promise<void> {
  try {
    await pullModel(app.models, entry, options)
    log.info({ model: entry.id }, 'model fetched')
    await app.engineSet.reload()
  } catch (error) {
    if (options.signal?.aborted) throw error
    log.warn({ model: entry.id, code: VigiaError.is(error) ? error.code : 'internal' }, 'model could not be fetched')
  }
}
