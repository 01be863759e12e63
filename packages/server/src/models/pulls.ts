import { type ModelView, toErrorBody, VigiaError } from '@vigia/protocol'
import type { HubSettings } from './hub-settings.ts'
import { downloadBytes, type ModelEntry } from './manifest.ts'
import { type PullOptions, pullModel } from './pull.ts'
import type { ModelStore } from './store.ts'

/** Models fetched while the server runs, one at a time; what each one is doing can be asked. */
export interface ModelPulls {
  list(): Promise<ModelView[]>
  /** Begins to fetch, unless it is already. @throws VigiaError `model_not_found`, `model_license` */
  start(id: string, acceptLicense: boolean): Promise<void>
}

export interface ModelPullsOptions {
  store: ModelStore
  hub: () => HubSettings
  /** For tests. */
  download?: PullOptions['download']
}

interface Pull {
  done: number
  total: number
  error?: ModelView['error']
  ended: boolean
}

/** Ends what is under way when disposed; parts stay and are taken up by the next try. */
export function openModelPulls({ store, hub, download }: ModelPullsOptions): ModelPulls & AsyncDisposable {
  const pulls = new Map<string, Pull>()
  const stop = new AbortController()
  let work: Promise<void> = Promise.resolve()

  async function pull(entry: ModelEntry, state: Pull, acceptLicense: boolean): Promise<void> {
    try {
      await pullModel(store, entry, {
        hub: hub(),
        accept: acceptLicense,
        signal: stop.signal,
        onProgress: ({ done, total }) => Object.assign(state, { done, total }),
        ...(download ? { download } : {}),
      })
    } catch (error) {
      const { code, message, hint } = toErrorBody(error)
      state.error = { code, message, ...(hint ? { hint } : {}) }
    }
    state.ended = true
  }

  return {
    async list() {
      const entries = await store.entries()
      return Promise.all(entries.map(async (entry) => toView(entry, await store.status(entry), pulls.get(entry.id))))
    },
    async start(id, acceptLicense) {
      const entry = await store.entry(id)
      if (!entry.license.commercial && !acceptLicense) {
        throw new VigiaError('model_license', `The licence of "${id}" (${entry.license.name}) limits commercial use.`, {
          hint: 'Send accept_license: true if you accept it.',
        })
      }
      if (pulls.get(id)?.ended === false) return
      const state: Pull = { done: 0, total: downloadBytes(entry), ended: false }
      pulls.set(id, state)
      work = work.then(() => pull(entry, state, acceptLicense))
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await work
    },
  }
}

function toView(entry: ModelEntry, status: Exclude<ModelView['status'], 'pulling'>, pull: Pull | undefined): ModelView {
  const isPulling = pull?.ended === false
  return {
    id: entry.id,
    title: entry.title,
    role: entry.role,
    status: isPulling ? 'pulling' : status,
    bytes: downloadBytes(entry),
    license: { name: entry.license.name, commercial: entry.license.commercial },
    ...(isPulling ? { progress: { done: pull.done, total: pull.total } } : {}),
    ...(pull?.error ? { error: pull.error } : {}),
  }
}
