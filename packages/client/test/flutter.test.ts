import { readFileSync } from 'node:fs'
import { ClientMessage, ServerMessage } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { reconnectDelayMs } from '../src/live/backoff.ts'

/** What docs/flutter.md sends is what the protocol takes, and what it reads is what the protocol sends. Dart itself is not run. */

const page = readFileSync(new URL('../../../docs/flutter.md', import.meta.url), 'utf8')

/** Messages that the page sends: maps of Dart and JSON in the text, their variables and dots filled in. */
function sent(): Record<string, unknown>[] {
  const dart = [...page.matchAll(/jsonEncode\((\{[^}]*\})\)/g)].map(([, map]) =>
    map!.replaceAll("'", '"').replace(/: \??[a-z]\w*/gi, (value) => (/: (true|false|null)/.test(value) ? value : ': "x"')),
  )
  const json = [...page.matchAll(/`(\{"type"[^`]*\})`/g)].map(([, text]) => text!.replace(':…', ':1'))
  return [...dart, ...json].map((text) => JSON.parse(text) as Record<string, unknown>)
}

/** Fields that the page reads of each message type. */
function read(): [type: string, field: string][] {
  const cases = [...page.matchAll(/case '(\w+)':([\s\S]*?)(?=case '|\n {2}\})/g)]
  return cases.flatMap(([, type, body]) =>
    [...body!.matchAll(/message\['(\w+)'\]/g)].map(([, field]) => [type!, field!] as [string, string]),
  )
}

const FIELDS = new Map(
  ServerMessage.options.map((option) => [(option.shape.type as { value: string }).value, Object.keys(option.shape)] as const),
)

describe('docs/flutter.md', () => {
  it('sends messages that the protocol takes, with no field that it does not know', () => {
    const messages = sent()
    expect(messages.map(({ type }) => type)).toEqual(['config', 'ping', 'gap', 'end_of_stream'])
    for (const message of messages) {
      const parsed = ClientMessage.parse(message) as Record<string, unknown>
      for (const field of Object.keys(message)) expect(parsed, `${message.type}.${field}`).toHaveProperty(field)
    }
  })

  it('reads fields that the protocol sends', () => {
    const fields = read()
    expect(fields.length).toBeGreaterThan(8)
    for (const [type, field] of fields) expect(FIELDS.get(type), `${type}.${field}`).toContain(field)
  })

  it('waits before a reconnect as the client does', () => {
    const told = /reconnectLater\); \/\/ ([\d., ]+), then every (\d+) s/.exec(page)!
    const waits = told[1]!.split(',').map((seconds) => Number(seconds) * 1000)
    expect(waits).toEqual(waits.map((_, attempt) => reconnectDelayMs(attempt, 0)))
    expect(reconnectDelayMs(waits.length, 0)).toBe(Number(told[2]) * 1000)
  })
})
