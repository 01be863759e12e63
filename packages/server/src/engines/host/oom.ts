import { readFileSync } from 'node:fs'

/** Whether a process died for want of memory: by its last words, or by the system's own count of such kills. */

/** What libraries and runtimes print before they end: ggml, CUDA, Vulkan, onnxruntime, C++, V8. */
const LAST_WORDS =
  /out of memory|cannot allocate memory|bad_alloc|failed to allocate|cudaMalloc failed|OutOfDeviceMemory|OutOfHostMemory|allocation failed/iu

export interface DeathFacts {
  /** Exit code or signal, in words. */
  reason: string
  /** The last lines of its output. */
  output: readonly string[]
  /** Kills by the system for want of memory since the process began; null where the system tells none. */
  oomKills: number | null
}

/** A kill from outside counts only when the system says that it killed someone for memory meanwhile. */
export function diedOfMemory({ reason, output, oomKills }: DeathFacts): boolean {
  const killed = reason.includes('SIGKILL') || output.some((line) => line.includes('SIGKILL'))
  return (killed && (oomKills ?? 0) > 0) || output.some((line) => LAST_WORDS.test(line))
}

/** Processes that Linux has killed for want of memory since it started, in containers included; null elsewhere. */
export function readOomKills(): number | null {
  try {
    const count = /^oom_kill (\d+)$/mu.exec(readFileSync('/proc/vmstat', 'utf8'))
    return count ? Number(count[1]) : null
  } catch {
    return null
  }
}
