import type { CompatDeps } from '../compat/deps.ts'
import { listModels, type ModelEntry, resolveModel } from '../compat/models.ts'
import { number } from '../compat/read.ts'

/** `models.list` and `models.get` in Gemini's shape. */

type Deps = Pick<CompatDeps, 'engines' | 'settings'>

const METHODS: Readonly<Record<ModelEntry['ability'], string[]>> = {
  chat: ['generateContent', 'countTokens', 'bidiGenerateContent'],
  live: ['bidiGenerateContent', 'generateContent', 'countTokens'],
  transcription: ['generateContent'],
  speech: ['generateContent'],
}
const OUTPUT_TOKENS = 8192

function modelBody(name: string, ability: ModelEntry['ability'], served: string, deps: Deps) {
  const inputTokenLimit = deps.engines().llm?.capabilities.contextTokens ?? OUTPUT_TOKENS
  return {
    name: `models/${name}`,
    version: '1',
    displayName: name === served ? name : `${name} (${served})`,
    description: `Served on this machine by ${served}.`,
    inputTokenLimit,
    outputTokenLimit: Math.min(OUTPUT_TOKENS, inputTokenLimit),
    supportedGenerationMethods: METHODS[ability],
  }
}

/** The last page has no `nextPageToken`: with an empty one the client would ask for ever. */
export function modelPage(query: Record<string, unknown>, deps: Deps) {
  const all = listModels(deps).filter(({ api }) => api === 'gemini' || api === 'any')
  const size = number(query.pageSize, 'pageSize', [0, 1000]) || 50
  const from = number(query.pageToken, 'pageToken', [0, 1e6]) ?? 0
  const models = all.slice(from, from + size).map(({ name, ability, served }) => modelBody(name, ability, served, deps))
  return { models, ...(from + size < all.length ? { nextPageToken: String(from + size) } : {}) }
}

/** @throws VigiaError `model_not_found` */
export function oneModel(id: string, deps: Deps) {
  const name = resolveModel(id, 'chat', deps)
  const known = listModels(deps).find((entry) => entry.name === name)
  return modelBody(name, known?.ability ?? 'chat', known?.served ?? name, deps)
}
