import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64, parseClientMessage } from './parse.ts'

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

describe('parseClientMessage', () => {
  it('fills the defaults of a bare config', () => {
    expect(parseClientMessage('{"type":"config"}')).toMatchObject({
      sample_rate: 16000,
      encoding: 'pcm16',
      channels: 1,
      language: 'es',
      mode: 'transcribe',
      results: 'stream',
      diarize: true,
      analyze: true,
    })
  })

  it('ignores fields it does not know', () => {
    expect(parseClientMessage('{"type":"ping","later":1}')).toEqual({ type: 'ping' })
  })

  it.each([
    ['not json', 'invalid_json'],
    ['[]', 'invalid_message'],
    ['null', 'invalid_message'],
    ['{"type":7}', 'invalid_message'],
    ['{"type":"__proto__"}', 'unknown_message_type'],
    ['{"type":"shout"}', 'unknown_message_type'],
    ['{"type":"config","sample_rate":4}', 'invalid_audio_format'],
    ['{"type":"config","channels":6}', 'invalid_audio_format'],
    ['{"type":"config","encoding":"realaudio"}', 'unsupported_codec'],
    ['{"type":"config","session_id":"../etc/passwd"}', 'invalid_session_id'],
    ['{"type":"gap","ms":-4}', 'invalid_message'],
  ])('refuses %s with %s', (text, expected) => {
    expect(code(() => parseClientMessage(text))).toBe(expected)
  })

  it('never throws anything but its own errors, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ type: fc.constantFrom('config', 'gap', 'frame'), ms: fc.anything() }).map((v) => JSON.stringify(v)),
        ),
        (text) => {
          expect([
            'none',
            'invalid_json',
            'invalid_message',
            'unknown_message_type',
            'invalid_audio_format',
            'unsupported_codec',
            'invalid_session_id',
          ]).toContain(code(() => parseClientMessage(text)))
        },
      ),
    )
  })
})

describe('decodeBase64', () => {
  it('reads what any encoder writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes)
        for (const text of [
          buffer.toString('base64'),
          buffer.toString('base64url'),
          buffer.toString('base64').replaceAll('=', ''),
        ]) {
          expect(decodeBase64(text, 'data_b64')).toEqual(buffer)
        }
      }),
    )
  })

  it.each(['***', 'abc$', 'AAAA\nAAAA', 'ñandú', 'A'])('refuses %j', (text) => {
    expect(code(() => decodeBase64(text, 'data_b64'))).toBe('invalid_base64')
  })
})
