import type { ChildProcess } from 'node:child_process'
import type { OutputTail } from './output-tail.ts'

/** What a process printed before it ended. */

/** Lines of output that are told of a death, and that are read for its reason: runtimes print their stack behind it. */
export const SHOWN_LINES = 10
export const JUDGED_LINES = 60
export const linesOf = (tails: readonly OutputTail[], lines: number): string[] => tails.flatMap((tail) => tail.lines(lines))

/** A grandchild may hold the pipe open, so its end is not waited for longer than this. */
const LAST_WORDS_MS = 500

/** Called at a process's exit: what it printed last may arrive behind it. */
export function afterLastWords(child: ChildProcess, then: () => void): void {
  const timer = setTimeout(then, LAST_WORDS_MS)
  child.once('close', () => {
    clearTimeout(timer)
    then()
  })
}
