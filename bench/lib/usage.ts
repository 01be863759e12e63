import { readdirSync, readFileSync } from 'node:fs'

/** CPU time and memory of a process and its children, from Linux' /proc. */

/** Clock ticks per second of /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS = 100

/** User and system time of all its threads so far, milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // the command may hold spaces and parentheses: fields are counted behind the last one
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}

/** Resident memory, bytes. */
export function rssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(line?.[1] ?? 0) * 1024
}

/** All living descendants. */
export function descendants(pid: number): number[] {
  const found: number[] = []
  for (const thread of list(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number)
    for (const child of children) found.push(child, ...descendants(child))
  }
  return found
}

/** CPU of the process alone and of everything below it. */
export function cpuOfTree(pid: number): { own: number; below: number } {
  return { own: cpuMs(pid), below: descendants(pid).reduce((sum, child) => sum + safely(() => cpuMs(child)), 0) }
}

const list = (path: string): string[] => safely(() => readdirSync(path), [])
const read = (path: string): string => safely(() => readFileSync(path, 'latin1'), '')

/** A process may end between two reads. */
function safely<T>(run: () => T, fallback: T = 0 as T): T {
  try {
    return run()
  } catch {
    return fallback
  }
}
