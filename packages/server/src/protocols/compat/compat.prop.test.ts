import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChannelSplitter } from '../deepgram/channels.ts'
import { camelCased } from '../gemini/case.ts'
import { Consumed, handleOf, readHandle } from '../gemini/resumption.ts'
import { toJsonSchema } from '../gemini/schema.ts'
import { defaultSession, merged } from '../openai/realtime/session.ts'
import { decodeBase64 } from './base64.ts'
import { credentialsOf, selectSubprotocol } from './credentials.ts'
import { EphemeralTokens } from './ephemeral.ts'
import { Lru } from './lru.ts'
import { bareName } from './models.ts'

describe('keys', () => {
  it.each([
    [{ headers: { 'x-goog-api-key': 'k' } }, 'k'],
    [{ headers: { authorization: 'Bearer k' } }, 'k'],
    [{ headers: { authorization: 'token k' } }, 'k'],
    [{ url: '/x?key=k', headers: {} }, 'k'],
    [{ url: '/x?key=undefined', headers: {} }, null],
    [{ url: '/x?access_token=auth_tokens%2Fa', headers: {} }, 'auth_tokens/a'],
    [{ headers: { 'sec-websocket-protocol': 'realtime, openai-insecure-api-key.k, openai-beta.x' } }, 'k'],
    [{ headers: { 'sec-websocket-protocol': 'token, k' } }, 'k'],
    [{ headers: {} }, null],
  ])('are found in %j', (request, key) => {
    expect(credentialsOf(request).key).toBe(key)
  })

  it('are never the subprotocol that is selected', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), (offered) => {
        const selected = selectSubprotocol(new Set([...offered, 'openai-insecure-api-key.k']))
        expect(selected === false || /^(vigia\.v1|realtime|token|bearer)$/i.test(selected)).toBe(true)
      }),
    )
  })

  it('that are short-lived open as many sessions as they are for, until they expire', () => {
    const tokens = new EphemeralTokens('ek_')
    const grant = { owner: 'a', keep: true, openUntilMs: 100, expiresMs: 100, uses: 2, fixed: null }
    const name = tokens.issue(grant)
    expect(tokens.redeem(name, 50).owner).toBe('a')
    expect(() => tokens.redeem(name, 101)).toThrow(/expired/)
    tokens.redeem(name, 60)
    expect(() => tokens.redeem(name, 60)).toThrow(/used up/)
  })
})

it('base64 of either alphabet, padded or not, is the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const buffer = Buffer.from(bytes)
      for (const text of [
        buffer.toString('base64'),
        buffer.toString('base64url'),
        `data:x/y;base64,${buffer.toString('base64')}`,
      ]) {
        expect(decodeBase64(text, 'x').equals(buffer)).toBe(true)
      }
    }),
  )
  expect(() => decodeBase64('a%', 'x')).toThrow(/base64/)
  expect(() => decodeBase64('abcde', 'x')).toThrow(/base64/)
})

it('the least recently used is forgotten first, and no more than the capacity is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 5 }), (keys, capacity) => {
      const lru = new Lru<number, number>(capacity)
      for (const key of keys) lru.set(key, key + 1)
      const recent = [...new Set(keys.toReversed())].slice(0, capacity)
      expect(lru.size).toBe(recent.length)
      for (const key of recent) expect(lru.get(key)).toBe(key + 1)
    }),
  )
})

it('the newest are kept as far as their bytes go', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(12))), (entries) => {
      const lru = new Lru<number, { bytes: number }>(3, { bytesOf: ({ bytes }) => bytes, maxBytes: 10 })
      let kept: [number, number][] = []
      for (const [key, bytes] of entries) {
        lru.set(key, { bytes })
        kept = [...kept.filter(([other]) => other !== key), [key, bytes]]
        while (kept.length > 3 || kept.reduce((sum, [, one]) => sum + one, 0) > 10) kept.shift()
      }
      expect(lru.size).toBe(kept.length)
      for (const [key, bytes] of kept) expect(lru.get(key)).toEqual({ bytes })
    }),
  )
})

it('channels taken apart and cut anywhere hold every sample once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -32768, max: 32767 })),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(7)),
      (values, channels, cuts) => {
        const samples = Int16Array.from(values.slice(0, values.length - (values.length % channels)))
        const bytes = new Uint8Array(samples.buffer)
        const splitter = new ChannelSplitter('pcm16', channels)
        const parts = Array.from({ length: channels }, () => [] as number[])
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          const piece = splitter.push(bytes.subarray(at, at + cut))
          at += cut
          for (const [i, one] of piece.entries()) parts[i]!.push(...new Int16Array(one.buffer))
        }
        expect(parts).toEqual(Array.from({ length: channels }, (_, i) => [...samples].filter((_one, k) => k % channels === i)))
      },
    ),
  )
})

describe('Gemini', () => {
  it('writes keys in camelCase but leaves the user’s own data alone', () => {
    const own = { snake_case: { inner_key: 1 } }
    expect(
      camelCased({ function_call: { name: 'f', args: own }, parameters: { properties: { my_prop: { min_items: '2' } } } }),
    ).toEqual({
      functionCall: { name: 'f', args: own },
      parameters: { properties: { my_prop: { minItems: '2' } } },
    })
  })

  it('turns its schemas into JSON Schema', () => {
    const schema = { type: 'ARRAY', minItems: '2', items: { type: 'STRING', nullable: true, enum: ['a'], format: 'enum' } }
    expect(toJsonSchema(schema)).toEqual({ type: 'array', minItems: 2, items: { type: ['string', 'null'], enum: ['a', null] } })
  })

  it('takes what follows the last models/ for the name', () => {
    expect(['models/a', 'a', 'projects/p/models/org/a', 'nova-3'].map(bareName)).toEqual(['a', 'a', 'org/a', 'nova-3'])
  })

  it('reads its own handles and no others', () => {
    expect(readHandle(handleOf({ id: 'abc', resumeToken: 't' }))).toEqual({ sessionId: 'abc', resumeToken: 't' })
    for (const bad of ['', 'x', Buffer.from('["../../etc","t"]').toString('base64url')])
      expect(() => readHandle(bad)).toThrow(/handle/)
  })

  it('counts a message as consumed when all of its audio is on disk', () => {
    const consumed = new Consumed(100)
    for (const bytes of [10, 0, 10]) {
      consumed.next()
      if (bytes > 0) consumed.audio(bytes)
    }
    expect(consumed.index).toBe(-1)
    consumed.durable(110)
    expect(consumed.index).toBe(1)
    consumed.durable(120)
    expect(consumed.index).toBe(2)
  })
})

describe('a session of Realtime', () => {
  const session = defaultSession('realtime', 'm', 0)

  it('merges deep: what is absent stays, null clears, the model is fixed', () => {
    const next = merged(session, { model: 'other', instructions: 'x', audio: { input: { turn_detection: null } } })
    expect(next).toMatchObject({
      model: 'm',
      instructions: 'x',
      audio: { input: { turn_detection: null, format: { rate: 24_000 } }, output: { voice: 'marin' } },
    })
    expect(merged(next, { instructions: '', audio: { input: { turn_detection: { type: 'semantic_vad' } } } })).toMatchObject({
      instructions: '',
      audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'auto', create_response: true } } },
    })
  })

  it('refuses what it cannot be, and stays as it was', () => {
    for (const patch of [
      { output_modalities: ['audio', 'text'] },
      { audio: { input: { format: { type: 'audio/mp3' } } } },
      { tools: [{ type: 'mcp' }] },
    ]) {
      expect(() => merged(session, patch)).toThrow()
    }
    expect(session).toMatchObject({ output_modalities: ['audio'] })
  })
})
