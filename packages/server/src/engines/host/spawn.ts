import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Variables an engine may see: where programs, home, temporary files and native libraries are. No keys, no tokens. */
const PASSED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'NODE_COMPILE_CACHE',
]

export interface SpawnOptions {
  /** Module that calls `serveEngine`. */
  entry: URL
  /** Bound of the JavaScript heap, MB. Native memory is not bounded by it. */
  memoryMb: number
  args: readonly string[]
  env: Readonly<Record<string, string>>
}

/** Starts an engine process: own heap bound, minimal environment, no standard input, output piped. */
export function spawnEngine({ entry, memoryMb, args, env }: SpawnOptions): ChildProcess {
  const passed = Object.fromEntries(PASSED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
  return fork(fileURLToPath(entry), [...args], {
    execArgv: [`--max-old-space-size=${memoryMb}`, '--no-warnings'],
    env: { ...passed, ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  })
}
