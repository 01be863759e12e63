import { crc32, inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixturePcm } from '../../../test/helpers/audio.ts'
import { LiveClient } from '../../../test/helpers/live-client.ts'
import { startTestServer } from '../../../test/helpers/test-server.ts'

/** One file of a ZIP archive, found by the central directory as readers do, its checksum checked. */
function unzipped(archive: Buffer, wanted: string): string {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'))
  let at = archive.readUInt32LE(end + 16)
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    const [crc, packed, nameLength] = [
      archive.readUInt32LE(at + 16),
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
    ]
    const local = archive.readUInt32LE(at + 42)
    if (archive.toString('latin1', at + 46, at + 46 + nameLength) === wanted) {
      const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
      const raw = inflateRawSync(archive.subarray(from, from + packed))
      expect(crc32(raw)).toBe(crc)
      return raw.toString('utf8')
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  throw new Error(`the archive has no ${wanted}`)
}

/** What the web app changes and reads, on a real server with a real session. */
describe('routes of the web app', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let id: string

  beforeAll(async () => {
    server = await startTestServer()
    await using client = await LiveClient.connect(server.url)
    id = (await client.open()).session_id
    await client.audio(fixturePcm('es-dialogo'))
    client.send({ type: 'end_of_stream' })
    await client.next('analysis', 0, 60_000)
  }, 90_000)
  afterAll(() => server?.[Symbol.asyncDispose]())

  async function ask(method: string, route: string, body?: unknown) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(server.url + route, {
      method,
      ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
    })
    const type = answer.headers.get('content-type') ?? ''
    return { status: answer.status, body: type.includes('json') ? await answer.json() : Buffer.from(await answer.arrayBuffer()) }
  }

  it('gives the waveform of the whole recording, loud where somebody speaks', async () => {
    const { body } = await ask('GET', `/sessions/${id}/peaks?points=200`)
    const pairs = Int8Array.from(Buffer.from(body.peaks, 'base64'))
    expect(body.duration).toBeCloseTo(56, 0)
    expect(pairs.length / 2 / body.per_second).toBeCloseTo(body.duration, 0)
    expect(Math.max(...pairs)).toBeGreaterThan(20)
    expect((await ask('GET', `/sessions/${id}/peaks?points=1`)).status).toBe(400)
  })

  it('puts marks on the timeline and takes them away', async () => {
    const made = await ask('POST', `/sessions/${id}/marks`, { at: 12.5, label: 'aquí' })
    expect([made.status, made.body]).toEqual([201, { id: expect.any(String), at: 12.5, label: 'aquí' }])
    const marks = async () =>
      (await ask('GET', `/sessions/${id}`)).body.timeline.filter((item: { kind: string }) => item.kind === 'mark')
    expect(await marks()).toEqual([{ kind: 'mark', at: 12.5, mark: { id: made.body.id, label: 'aquí' } }])
    expect((await ask('DELETE', `/sessions/${id}/marks/${made.body.id}`)).status).toBe(204)
    expect(await marks()).toEqual([])
  })

  it('writes a Word document with report and transcript', async () => {
    const { body } = await ask('GET', `/sessions/${id}/transcript.docx`)
    const xml = unzipped(body, 'word/document.xml')
    expect(xml).toContain('Decisiones')
    expect(xml).toContain('proyecto de las gafas')
    expect(xml.match(/<w:p>/g)?.length).toBe(xml.match(/<\/w:p>/g)?.length)
  })

  it('takes a line off the record, out of search and exports, and back', async () => {
    const detail = (await ask('GET', `/sessions/${id}`)).body
    const segment = detail.timeline.find((item: { segment?: { text: string } }) =>
      item.segment?.text.includes('cotización'),
    ).segment
    const found = async () =>
      (await ask('GET', '/search?q=cotizacion')).body.hits.some((hit: { segment_id: string }) => hit.segment_id === segment.id)
    expect(await found()).toBe(true)
    await ask('PATCH', `/sessions/${id}/segments/${segment.id}`, { off_record: true })
    expect(await found()).toBe(false)
    expect(String((await ask('GET', `/sessions/${id}/transcript.txt`)).body)).not.toContain(segment.text)
    await ask('PATCH', `/sessions/${id}/segments/${segment.id}`, { off_record: false })
    expect(await found()).toBe(true)
  })

  it('changes a task: owner by label or name, date, title, and why it was dismissed', async () => {
    const { action_items } = (await ask('GET', `/sessions/${id}/report`)).body
    const route = `/sessions/${id}/tasks/${action_items[0].id}`
    const { body } = await ask('PATCH', route, { title: 'Otra cosa', owner: 'S2', due: '2026-12-01' })
    expect(body.action_items[0]).toMatchObject({
      title: 'Otra cosa',
      owner: { speaker: 'S2' },
      due: { iso: '2026-12-01' },
      origin: 'user',
    })
    const gone = await ask('PATCH', route, { status: 'dismissed', owner: null, reason: 'No es una tarea' })
    expect(gone.body.action_items[0]).toMatchObject({ status: 'dismissed', owner: null, dismissed_because: 'No es una tarea' })
  })

  it('gives a line to another speaker, and counts talk time again', async () => {
    const before = (await ask('GET', `/sessions/${id}/report`)).body
    const line = before.transcript.find((item: { speaker: string }) => item.speaker === 'S1')
    await ask('PATCH', `/sessions/${id}/segments/${line.id}`, { speaker: 'S2' })
    const after = (await ask('GET', `/sessions/${id}/report`)).body
    const talk = (report: typeof before, speaker: string): number =>
      report.participants.find((one: { speaker: string }) => one.speaker === speaker).talk_time
    expect(talk(after, 'S1')).toBeLessThan(talk(before, 'S1'))
    expect(talk(after, 'S2')).toBeGreaterThan(talk(before, 'S2'))
  })

  it('merges two speakers that were one, under the name that either has', async () => {
    await ask('PATCH', `/sessions/${id}`, { speaker_names: { S1: '', S2: 'Ana' } })
    const { body } = await ask('POST', `/sessions/${id}/speakers/merge`, { from: 'S2', into: 'S1' })
    const speakers = new Set(
      body.timeline.flatMap((item: { segment?: { speaker: string } }) => (item.segment ? [item.segment.speaker] : [])),
    )
    expect([...speakers]).toEqual(['S1'])
    expect(body.speaker_names).toEqual({ S1: 'Ana' })
    expect((await ask('GET', `/sessions/${id}/report`)).body.participants).toMatchObject([{ speaker: 'S1', name: 'Ana' }])
    expect((await ask('POST', `/sessions/${id}/speakers/merge`, { from: 'S7', into: 'S1' })).status).toBe(404)
  })

  it('tells the state of the server, and the models of the catalogue', async () => {
    const { body } = await ask('GET', '/system')
    expect(body).toMatchObject({ profile: 'embedded', sessions: [], engines: { asr_live: { available: true } }, addresses: [] })
    expect(body.memory.process_bytes).toBeGreaterThan(10_000_000)
    const models = (await ask('GET', '/system/models')).body.models
    expect(models.length).toBeGreaterThan(5)
    expect((await ask('POST', '/system/models/no-such/pull', {})).status).toBe(404)
  })
})
