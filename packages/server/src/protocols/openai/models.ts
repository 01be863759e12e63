import { VigiaError } from '@vigia/protocol'
import type { CompatDeps } from '../compat/deps.ts'
import { listModels, resolveModel, servedBy } from '../compat/models.ts'

/** `GET /v1/models` in OpenAI's shape. */

/** 2025-01-01: the field is required, and when a local model was made is not known. */
const CREATED = 1_735_689_600

const modelBody = (id: string) => ({ id, object: 'model' as const, created: CREATED, owned_by: 'local' })

export function modelList(deps: Pick<CompatDeps, 'engines' | 'settings'>) {
  return {
    object: 'list' as const,
    data: listModels(deps)
      .filter(({ api }) => api !== 'gemini')
      .map(({ name }) => modelBody(name)),
  }
}

/** A name that is not listed exists all the same where any name is taken. @throws VigiaError `model_not_found` */
export function oneModel(id: string, deps: Pick<CompatDeps, 'engines' | 'settings'>) {
  if (!servedBy('chat', deps.engines())) throw new VigiaError('model_not_found', `The model '${id}' does not exist.`)
  return modelBody(resolveModel(id, 'chat', deps))
}
