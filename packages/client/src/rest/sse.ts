import type { ServerMessage } from '@vigia/protocol'
import type { Http } from './http.ts'

/** A stored message with its number; the number goes into `after` to read on. */
export interface StoredMessage {
  seq: number
  message: ServerMessage
}

/** Reads server-sent events by `fetch`, which can send a key; `EventSource` cannot. */
export async function* readEvents(
  http: Http,
  path: string,
  { after, signal }: { after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<StoredMessage> {
  const headers = { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': String(after) }) }
  const response = await http.request('GET', path, { headers, ...(signal ? { signal } : {}) })
  if (!response.body) return
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const event = parseEvent(block)
      if (event) yield event
    }
  }
}

/** One event; comments and what is not a message of ours give null. */
export function parseEvent(block: string): StoredMessage | null {
  let seq = Number.NaN
  let data = ''
  for (const line of block.split('\n')) {
    if (line.startsWith('id:')) seq = Number(line.slice(3))
    else if (line.startsWith('data:')) data += line.slice(5)
  }
  if (data === '') return null
  try {
    return { seq, message: JSON.parse(data) as ServerMessage }
  } catch {
    return null
  }
}
