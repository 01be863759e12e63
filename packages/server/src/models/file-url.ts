import { VigiaError } from '@vigia/protocol'
import type { HubSettings } from './hub-settings.ts'
import type { ModelEntry, ModelFile } from './manifest.ts'

/** The address of one file of a model. Revision and every path segment are percent-encoded. */
export function fileUrl({ id, source }: ModelEntry, file: ModelFile, hub: HubSettings): URL {
  const encoded = file.path.split('/').map(encodeURIComponent).join('/')
  switch (source.kind) {
    case 'hf':
      return new URL(`${hub.hfEndpoint}/${source.repo}/resolve/${encodeURIComponent(source.revision)}/${encoded}`)
    case 'github':
      return new URL(`${hub.githubEndpoint}/${source.repo}/releases/download/${encodeURIComponent(source.tag)}/${encoded}`)
    case 'url':
      return new URL(encoded, source.base.endsWith('/') ? source.base : `${source.base}/`)
    case 'local':
      throw new VigiaError('model_not_found', `Model "${id}" is a local one: its files cannot be fetched.`, {
        hint: 'Put its files into the model folder.',
      })
  }
}

/** Headers of the first request; the token goes to the hub's own host and nowhere else. */
export function authHeaders(url: URL, hub: HubSettings): Record<string, string> {
  const isHub = url.origin === new URL(hub.hfEndpoint).origin
  return isHub && hub.hfToken ? { authorization: `Bearer ${hub.hfToken}` } : {}
}
