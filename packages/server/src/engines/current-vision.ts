import type { Vision } from './vision.ts'

/** A vision engine that is, at each photo, the one in use then. */
export function currentVision(current: () => Vision): Vision {
  return {
    get id() {
      return current().id
    },
    get model() {
      return current().model
    },
    get method() {
      return current().method
    },
    get note() {
      return current().note
    },
    get parallel() {
      return current().parallel ?? 1
    },
    describe: (request, signal) => current().describe(request, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
