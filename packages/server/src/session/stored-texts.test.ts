import type { Segment } from '@vigia/protocol'
import { beforeEach, expect, it } from 'vitest'
import type { Store } from '../store/store.ts'
import type { SessionEvent } from './service.ts'
import { StoredTexts } from './stored-texts.ts'

const segment = (id: string): Segment => ({ id, start: 0, end: 1, text: id, rev: 0 })
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let told: string[]
let written: string[]
let broken: Set<string>
let log: { durableBytes: number }
let texts: StoredTexts
beforeEach(() => {
  told = []
  written = []
  broken = new Set()
  log = { durableBytes: 0 }
  const upsert = async (_id: string, segments: readonly Segment[]): Promise<void> => {
    for (const { id, excluded = '' } of segments) {
      if (broken.has(id)) throw new Error(`no room for ${id}`)
      written.push(`${id}${excluded && ` ${excluded}`}`)
    }
  }
  const emit = (event: SessionEvent): void => {
    if (event.type === 'segment') told.push(`${event.segment.id} rev ${event.segment.rev}`)
    if (event.type === 'error') told.push(`error ${event.item ?? ''}`)
  }
  texts = new StoredTexts({ sessionId: 's', log, store: { segments: { upsert } } as unknown as Store, emit })
})

const durable = async (bytes: number): Promise<void> => {
  log.durableBytes = bytes
  texts.durable(bytes)
  await settle()
}

it('tells a text when the audio behind it is on disk, in order', async () => {
  texts.add(segment('u1'), 100)
  texts.add(segment('u2'), 50)
  await durable(50)
  expect(written).toEqual(['u1', 'u2'])
  expect(told).toEqual([])
  await durable(100)
  expect(told).toEqual(['u1 rev 0', 'u2 rev 0'])
})

it('tells what could not be stored, and goes on; a failure that comes early waits for its turn', async () => {
  broken.add('u2')
  texts.add(segment('u1'), 100)
  texts.add(segment('u2'), 0)
  texts.add(segment('u3'), 0)
  await settle()
  await settle()
  expect(told).toEqual([])
  await durable(100)
  expect(told).toEqual(['u1 rev 0', 'error u2', 'u3 rev 0'])
})

it('marks texts that do not count, behind those that wait', async () => {
  texts.add(segment('u1'), 100)
  texts.exclude([segment('u1'), segment('u1.2')], 'echo')
  await durable(100)
  await texts.told
  expect(written).toEqual(['u1', 'u1 echo', 'u1.2 echo'])
  expect(told).toEqual(['u1 rev 0', 'u1 rev 1', 'u1.2 rev 1'])
})

it('leaves texts to the second pass when the disk does not follow at all', async () => {
  for (let n = 0; n < 1500; n++) texts.add(segment(`u${n}`), 100)
  await durable(100)
  await texts.told
  expect(told).toHaveLength(1000)
})
