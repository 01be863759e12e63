import type { KeptSession } from './keep.ts'
import { LiveSession, newLog } from './live-session.ts'
import type { LiveOptions } from './options.ts'

/**
 * Opens a live session. It can be fed at once: what is captured before the server answers is kept and sent.
 *
 * @example
 * ```ts
 * const live = connectLive({ url: 'http://127.0.0.1:8000', language: 'es' })
 * live.on('segment', ({ text }) => console.log(text))
 * live.sendAudio(pcm16)
 * const report = await live.end()
 * ```
 */
export function connectLive(options: LiveOptions = {}): LiveSession {
  return new LiveSession(options)
}

/** Goes on with a session that `keep` holds from an earlier run: sends what is left of it. Call `end()` to finish it. */
export async function resumeKept(kept: KeptSession, options: LiveOptions): Promise<LiveSession> {
  const all = { ...kept.config, ...options, url: options.url ?? kept.url, session_id: kept.sessionId }
  const log = newLog(all)
  log.restore((await options.keep?.items(kept.sessionId)) ?? [], kept.lostBelow)
  return new LiveSession(all, { sessionId: kept.sessionId, resumeToken: kept.resumeToken, log })
}
