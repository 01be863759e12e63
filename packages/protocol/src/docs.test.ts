import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { CLIENT_MESSAGES } from './client-messages.ts'
import { ERROR_CODES } from './errors.ts'
import { FrameBody, HttpError } from './http.ts'
import { messageSchemaName } from './json-schema.ts'
import { HTTP_ROUTES } from './routes.ts'
import { SERVER_MESSAGES } from './server-messages.ts'

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

const SCHEMAS: Record<string, z.ZodType> = {
  FrameBody,
  HttpError,
  ...Object.fromEntries(Object.entries(CLIENT_MESSAGES).map(([type, schema]) => [messageSchemaName('Client', type), schema])),
  ...Object.fromEntries(Object.entries(SERVER_MESSAGES).map(([type, schema]) => [messageSchemaName('Server', type), schema])),
}

describe('docs/errors.md', () => {
  const rows = [...page('errors.md').matchAll(/^\| `(\w+)` \| (\d+) \| (\**)(\d+)\** \| (yes|no) \| (.+) \|$/gm)]

  it('lists exactly the codes of the registry, each once', () => {
    expect(rows.map((row) => row[1]).sort()).toEqual(Object.keys(ERROR_CODES).sort())
  })

  it('gives each code the status, close code and retry of the registry', () => {
    const documented = rows.map(([, code, http, bold, close, retry]) => [
      code,
      { http: Number(http), close: Number(close), retryable: retry === 'yes', fatal: bold === '**' },
    ])
    expect(Object.fromEntries(documented)).toEqual(ERROR_CODES)
  })
})

describe('docs/protocol.md', () => {
  const text = page('protocol.md')
  const examples = [...text.matchAll(/^<!-- (\w+) -->\n```json\n([\s\S]*?)^```$/gm)].map(
    (match) => [match[1]!, match[2]!] as const,
  )

  it('marks every JSON example with its schema', () => {
    expect(examples.length).toBe(text.match(/^```json$/gm)?.length)
    expect(examples.length).toBeGreaterThan(15)
  })

  it.each(examples)('has a valid example of %s with no field that the schema lacks', (name, json) => {
    const schema = SCHEMAS[name]
    expect(schema, `schema ${name}`).toBeDefined()
    const value: unknown = JSON.parse(json)
    expect(schema!.parse(value)).toMatchObject(value as object)
  })

  it('names every documented HTTP route', () => {
    for (const route of HTTP_ROUTES) {
      const path = route.path.replace(/transcript\.\w+$/, 'transcript.json')
      expect(text, `${route.method} ${path}`).toContain(`${route.method.toUpperCase()} ${path}`)
    }
  })

  it('mentions every message of the transcribe mode', () => {
    const assistant = /^(reply_|text$|interrupt$|playback$)/
    for (const type of [...Object.keys(CLIENT_MESSAGES), ...Object.keys(SERVER_MESSAGES)]) {
      if (!assistant.test(type)) expect(text, type).toContain(type)
    }
  })
})
