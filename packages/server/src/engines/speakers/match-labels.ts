/** Which live speaker became which final one: by the time they share. Pure. */

interface Turn {
  speaker: string
  startMs: number
  endMs: number
}

/** @returns final label by live label; each final label at most once, most shared time first */
export function matchLabels(live: readonly Turn[], final: readonly Turn[]): Map<string, string> {
  const shared = new Map<string, { live: string; final: string; ms: number }>()
  for (const a of live)
    for (const b of final) {
      const ms = Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs)
      if (ms <= 0) continue
      const key = JSON.stringify([a.speaker, b.speaker])
      shared.set(key, { live: a.speaker, final: b.speaker, ms: (shared.get(key)?.ms ?? 0) + ms })
    }
  const matched = new Map<string, string>()
  const taken = new Set<string>()
  for (const pair of [...shared.values()].sort((a, b) => b.ms - a.ms)) {
    if (matched.has(pair.live) || taken.has(pair.final)) continue
    matched.set(pair.live, pair.final)
    taken.add(pair.final)
  }
  return matched
}
