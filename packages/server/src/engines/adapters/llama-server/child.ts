import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import type { LaunchParams, LlamaServerCalls } from './calls.ts'

/**
 * Holds the program llama-server: starts it, waits until its model is loaded, and ends with it, so that the supervisor of this
 * process restarts both. When the gateway dies this process ends, and takes the program along.
 */

const POLL_MS = 100
/** The supervisor allows two seconds for an orderly stop. */
const STOP_MS = 1500

let program: ChildProcess | null = null
process.on('exit', () => program?.kill('SIGKILL'))

async function load({ binary, args, port, key }: LaunchParams): Promise<null> {
  const started = Promise.withResolvers<never>()
  started.promise.catch(() => {})
  const child = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, LLAMA_API_KEY: key } })
  program = child
  child.once('error', (error: NodeJS.ErrnoException) => started.reject(cannotStart(binary, error)))
  child.once('exit', (code, signal) => {
    console.error(`llama-server ended: ${signal ?? `exit code ${code}`}`)
    process.exit(1)
  })
  await Promise.race([started.promise, untilHealthy(port)])
  return null
}

/** `/health` answers 503 while the model is being loaded. The caller bounds the time. */
async function untilHealthy(port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => null)
    await response?.body?.cancel()
    if (response?.ok) return
    await sleep(POLL_MS)
  }
}

function cannotStart(binary: string, cause: NodeJS.ErrnoException): VigiaError {
  return new VigiaError('engine_unavailable', `The program "${binary}" cannot be started (${cause.code ?? 'error'}).`, {
    hint: 'Install llama.cpp, or name its llama-server with "binary".',
    cause,
  })
}

/** Ends the program and waits for it, so that nothing is left behind. */
async function stop(): Promise<void> {
  const child = program
  if (!child || child.exitCode !== null) return
  child.removeAllListeners('exit')
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(STOP_MS)])
}

let port = 0
serveEngine<LlamaServerCalls>(
  {
    load(params) {
      port = params.port
      return load(params)
    },
    // Where the program has just died this waits for that to be noticed, which ends this process.
    async ready() {
      await untilHealthy(port)
      return null
    },
  },
  stop,
)
