import { VigiaError } from '@vigia/protocol'

/** Server-sent events out of a response body (WHATWG HTML, section 9.2): the `data` of each event. */

/** A server that never ends a line is broken. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024

/** @throws VigiaError `llm_failed` for an event without end */
export async function* readSse(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true })
    if (rest.length > MAX_EVENT_CHARS) throw new VigiaError('llm_failed', 'The server sent an event without an end.')
    const lines = rest.split(/\r\n|\n|\r(?!$)/u)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /u, ''))
    }
  }
  if (rest.startsWith('data:')) data.push(rest.slice(5).trim())
  if (data.length > 0) yield data.join('\n')
}
