import { VigiaError } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { createLogger } from './log.ts'

function collect(personal = false, pretty = false) {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', pretty, personal }, { write: (line) => void lines.push(line) })
  return {
    log,
    lines,
    last: () => JSON.parse(lines.at(-1)!) as { level: string; msg: string; err: { at: string[] }; personal?: unknown },
  }
}

it('takes personal fields out at any depth and keeps the rest', () => {
  const { log, last } = collect()
  log.info(
    { utteranceId: 'u1', personal: { text: 'secreto' }, inner: { personal: 'secreto', audioMs: 3 } },
    'utterance transcribed',
  )
  expect(last()).toMatchObject({ level: 'info', msg: 'utterance transcribed', utteranceId: 'u1', inner: { audioMs: 3 } })
  expect(JSON.stringify(last())).not.toContain('secreto')
})

it('counts the text of foreign exceptions as personal, causes included, and keeps where they came from', () => {
  const { log, last, lines } = collect()
  log.error({ err: new Error('secreto one', { cause: new TypeError('secreto two') }) }, 'engine failed')
  expect(lines.join()).not.toContain('secreto')
  expect(last().err).toMatchObject({ type: 'Error', cause: { type: 'TypeError' } })
  expect(last().err.at[0]).toContain('log.test.ts')
})

it('keeps code and text of our own errors', () => {
  const { log, last } = collect()
  log.warn({ err: new VigiaError('asr_failed', 'Expected text, got nothing.') }, 'engine failed')
  expect(last().err).toMatchObject({ type: 'VigiaError', code: 'asr_failed', message: 'Expected text, got nothing.' })
})

it('logs personal fields only when told to', () => {
  const { log, last } = collect(true)
  log.info({ personal: { text: 'hola' } }, 'x')
  expect(last().personal).toEqual({ text: 'hola' })
})

it('takes personal fields out of child loggers as well', () => {
  const { log, lines } = collect()
  log.child({ sessionId: 'a' }).info({ personal: 'secreto' }, 'x')
  expect(lines[0]).toContain('"sessionId":"a"')
  expect(lines[0]).not.toContain('secreto')
})

it('writes lines for people when pretty', () => {
  const { log, lines } = collect(false, true)
  log.info({ port: 8000, host: 'a b' }, 'listening')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}listening port=8000 host=a b\n$/)
})
