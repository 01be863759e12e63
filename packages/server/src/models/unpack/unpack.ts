import { Worker } from 'node:worker_threads'
import { VigiaError } from '@vigia/protocol'
import type { UnpackAnswer, UnpackOrder } from './unpack-worker.ts'

/** Unpacks a tar.bz2 in a thread. @throws VigiaError `model_invalid`, `storage_full`; the signal's reason */
export async function unpackArchive(order: UnpackOrder, signal?: AbortSignal): Promise<{ path: string; bytes: number }[]> {
  signal?.throwIfAborted()
  const worker = new Worker(new URL('./unpack-worker.ts', import.meta.url), { workerData: { unpack: order } })
  try {
    const answer = await new Promise<UnpackAnswer>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', (code) => reject(new VigiaError('internal', `The unpacking thread ended with ${code}.`)))
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    if (answer.type === 'done') return answer.files
    throw new VigiaError(answer.code, answer.message)
  } finally {
    await worker.terminate()
  }
}
