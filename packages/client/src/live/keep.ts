import type { LiveConfig } from './options.ts'
import type { StreamItem } from './stream-log.ts'

/** What is needed to go on with a session after the page was closed. */
export interface KeptSession {
  sessionId: string
  resumeToken: string
  url: string
  config: LiveConfig
  /** See `StreamLog.lostBelow`. */
  lostBelow: number
  /** Milliseconds since 1970. */
  savedAt: number
}

/** Keeps unconfirmed audio where a reload, a crash of the browser or an empty battery does not reach. */
export interface AudioKeep {
  /**
   * Stores what is kept now: the session, new items, and that everything below `from` may go. An item that is stored already is
   * there once afterwards; a hole with a length takes the place of the audio at its byte.
   */
  save(session: KeptSession, added: readonly StreamItem[], from: number): Promise<void>
  /** The session is finished: nothing of it is needed any more. */
  clear(sessionId: string): Promise<void>
  list(): Promise<KeptSession[]>
  /** Oldest first. */
  items(sessionId: string): Promise<StreamItem[]>
}

/** For tests, and where nothing lasting exists. */
export function memoryKeep(): AudioKeep {
  const sessions = new Map<string, { session: KeptSession; items: Map<string, StreamItem> }>()
  return {
    async save(session, added, from) {
      const items = sessions.get(session.sessionId)?.items ?? new Map<string, StreamItem>()
      for (const item of added) {
        if (item.kind === 'hole' && item.length > 0) items.delete(`${item.at}`)
        items.set(keyOf(item), item)
      }
      for (const [key, item] of items) if (item.at < from) items.delete(key)
      sessions.set(session.sessionId, { session, items })
    },
    clear: async (sessionId) => void sessions.delete(sessionId),
    list: async () => [...sessions.values()].map(({ session }) => session),
    items: async (sessionId) =>
      [...(sessions.get(sessionId)?.items.values() ?? [])].sort((a, b) => a.at - b.at || rank(a) - rank(b)),
  }
}

const keyOf = (item: StreamItem): string => (item.kind === 'audio' ? `${item.at}` : `${item.at} ${item.gapId}`)

/** What stands at the same byte: holes, then audio. */
const rank = ({ kind }: StreamItem): number => (kind === 'hole' ? 0 : 1)
