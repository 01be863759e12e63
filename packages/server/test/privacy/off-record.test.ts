import type { Report, SessionDetail } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { LiveClient } from '../helpers/live-client.ts'
import {
  after,
  before,
  CANARY,
  filesWith,
  finished,
  get,
  NEEDLES,
  photoAt,
  post,
  SPAN,
  secret,
  start,
} from './off-record-scene.ts'

/** A span is taken off the record: its sound, words and photos are in no file any more; what lies around it stays. */

it('a span of a finished session: nothing of it is left in any file, and the rest is as it was', async () => {
  await using server = await start()
  await using client = await LiveClient.connect(server.url)
  const { session_id: id } = await client.open({ diarize: false })
  await client.audio(before)
  client.send({ type: 'gap', ms: 500, reason: 'camera' })
  await client.audio(secret)
  await client.audio(after)
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 30_000)
  await expect.poll(async () => (await server.store.sessions.get(id))?.state, { timeout: 30_000 }).toBe('final')
  await photoAt(server, id, 3.2)
  await post(server, `/sessions/${id}/marks`, { at: 3.5, label: CANARY })
  await post(server, `/sessions/${id}/marks`, { at: 1, label: 'antes' })
  const held = await filesWith(server.dataDir, NEEDLES)
  expect(held.join()).toMatch(/\.seg/)
  expect(held.join()).toMatch(/\.pcm/)
  expect(held.join()).toMatch(/vigia\.db/)

  const done = finished(server, id)
  const { start: from, end } = SPAN
  expect((await post(server, `/sessions/${id}/off-record`, { start: from + 0.5, end: end + 0.5 })).status).toBe(202)
  await done
  expect(await filesWith(server.dataDir, NEEDLES)).toEqual([])

  const detail = await get<SessionDetail>(server, `/sessions/${id}`)
  const texts = detail.timeline.flatMap((item) => (item.kind === 'segment' ? [item.segment.text] : []))
  expect(texts).toEqual(['Hay que llamar al taller 9000 mañana.', 'Hay que llamar al taller 7000 mañana.'])
  expect(detail.timeline.filter(({ kind }) => kind === 'frame')).toEqual([])
  expect(detail.timeline.flatMap((item) => (item.kind === 'mark' ? [item.mark.label] : []))).toEqual(['antes'])
  expect(detail.timeline.flatMap((item) => (item.kind === 'gap' ? [item.gap] : []))).toEqual([
    { start: 2.5, end: 3, reason: 'camera' },
    { start: 2.7, end: 4.7, reason: 'off_record' },
  ])
  const report = await get<Report>(server, `/sessions/${id}/report`)
  expect(report.action_items.length).toBeGreaterThan(0)

  const wav = Buffer.from(await (await fetch(`${server.url}/sessions/${id}/audio`)).arrayBuffer()).subarray(44)
  const samples = new Int16Array(new Uint8Array(wav).buffer)
  expect(samples.length).toBe(16_000 * 8)
  expect(new Set(samples.subarray(0, 16_000).map(Math.abs))).toEqual(new Set([9000]))
  expect(new Set(samples.subarray(16_000 * 2.7, 16_000 * 4.7))).toEqual(new Set([0]))
  expect(new Set(samples.subarray(16_000 * 5.5, 16_000 * 6.5).map(Math.abs))).toEqual(new Set([7000]))

  // asked for twice at the same time, both are done
  await Promise.all([7, 7.5].map((at) => post(server, `/sessions/${id}/off-record`, { start: at, end: at + 0.2 })))
  const silences = async (): Promise<number> =>
    (await get<SessionDetail>(server, `/sessions/${id}`)).timeline.filter(
      (item) => item.kind === 'gap' && item.gap.reason === 'off_record',
    ).length
  expect(await silences()).toBe(3)
  await expect.poll(async () => (await server.store.documents.list(id, 'off-record/erased/')).length, { timeout: 30_000 }).toBe(3)
  expect(await silences()).toBe(3)
  await expect.poll(() => server.store.jobs.count(['finalize']), { timeout: 30_000 }).toBe(0)

  // the transcript can still be made again, from what is left
  const again = finished(server, id)
  await post(server, `/sessions/${id}/analyze`, { reuse_transcript: false })
  await again
  expect((await server.store.segments.list(id)).map(({ text }) => text)).toEqual(texts)
}, 60_000)

it('a span of a session that goes on: its words stop counting now, its bytes go when it has ended', async () => {
  await using server = await start()
  await using client = await LiveClient.connect(server.url)
  const { session_id: id } = await client.open({ diarize: false })
  await client.audio(Buffer.concat([before, secret, after]))
  await client.until(() => client.all('segment').length >= 2, 30_000)
  const { start: from, end } = SPAN
  expect((await post(server, `/sessions/${id}/off-record`, { start: from, end })).status).toBe(202)
  await client.until(() => client.all('segment').some(({ excluded }) => excluded === 'off_record'))
  client.send({ type: 'end_of_stream' })
  const { report } = await client.next('analysis', 0, 30_000)
  expect(JSON.stringify(report)).not.toContain(CANARY)
  await expect.poll(async () => (await server.store.sessions.get(id))?.state, { timeout: 30_000 }).toBe('final')
  await expect.poll(() => filesWith(server.dataDir, NEEDLES), { timeout: 30_000 }).toEqual([])
}, 60_000)

it('is refused for a span that is none', async () => {
  await using server = await start()
  expect((await post(server, '/sessions/nobody/off-record', { start: 1, end: 2 })).status).toBe(404)
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open()
  expect((await post(server, `/sessions/${session_id}/off-record`, { start: 2, end: 2 })).status).toBe(400)
})
