import { VigiaError } from '@vigia/protocol'

/** What callers of an engine process are told when it cannot answer. `name` is engine and model. */

export const engineCrashed = (name: string, reason: string): VigiaError =>
  new VigiaError('engine_crashed', `Engine "${name}" ended unexpectedly (${reason}).`, {
    hint: 'It is started again by itself; try once more.',
  })

export const engineTimeout = (name: string, method: string, deadlineMs: number): VigiaError =>
  new VigiaError('engine_timeout', `Engine "${name}" did not answer "${method}" within ${Math.round(deadlineMs)} ms.`, {
    hint: 'The machine may be overloaded, or the model too large for it.',
  })

export const engineUnavailable = (name: string, what: string): VigiaError =>
  new VigiaError('engine_unavailable', `Engine "${name}" ${what}.`, { hint: 'Try again later.' })

export const engineQuarantined = (name: string, deaths: number): VigiaError =>
  new VigiaError('model_invalid', `Engine "${name}" died ${deaths} times on its model and is out of use.`, {
    hint: 'Check the model files ("vigia models verify"), or choose another model. A new try is made after some minutes.',
  })

export const engineOutOfMemory = (name: string, reason: string): VigiaError =>
  new VigiaError('out_of_memory', `Engine "${name}" ended for want of memory (${reason}).`, {
    hint: 'Choose a smaller model or profile ("vigia doctor"), or close what else uses the memory.',
  })
