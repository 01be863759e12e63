import { VigiaError } from '@vigia/protocol'
import type { Decode } from './asr.ts'

export interface LimitOptions {
  /** Decodes at the same time. */
  parallel: number
  /** Decodes that may wait; more are refused. */
  maxWaiting?: number
}

/**
 * Bounds how many decodes run at the same time; live utterances go ahead of recordings. `parallel: 1` serves a model
 * that takes one utterance at a time.
 *
 * @throws VigiaError `engine_unavailable` when too many wait
 */
export function limited(decode: Decode, { parallel, maxWaiting = 1024 }: LimitOptions): Decode {
  const waiting = { live: [] as (() => void)[], final: [] as (() => void)[] }
  let running = 0

  const start = (): void => {
    const next = waiting.live.shift() ?? waiting.final.shift()
    if (!next) return
    running += 1
    next()
  }
  const turn = (purpose: 'live' | 'final', signal: AbortSignal): Promise<void> => {
    if (running < parallel) {
      running += 1
      return Promise.resolve()
    }
    if (waiting.live.length + waiting.final.length >= maxWaiting)
      throw new VigiaError('engine_unavailable', `More than ${maxWaiting} utterances wait for the recognizer.`, {
        hint: 'The machine is overloaded: use a smaller model or fewer sessions.',
      })
    return new Promise((resolve, reject) => {
      const queue = waiting[purpose]
      const onAbort = (): void => {
        queue.splice(queue.indexOf(go), 1)
        reject(signal.reason)
      }
      const go = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      queue.push(go)
    })
  }

  return async (samples, options, signal) => {
    signal.throwIfAborted()
    await turn(options.purpose, signal)
    try {
      return await decode(samples, options, signal)
    } finally {
      running -= 1
      start()
    }
  }
}
