import type { Report, SearchResult } from '@vigia/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AssistantServer, startAssistantServer } from './helpers/assistant-server.ts'
import { LiveClient } from './helpers/live-client.ts'

/** Speech that was not meant for the assistant: heard, not answered, marked for good, and part of the report. */

let server: AssistantServer
beforeAll(async () => {
  server = await startAssistantServer()
})
afterAll(() => server[Symbol.asyncDispose]())

it('keeps its mark and its reason through the second pass, and counts in the report', { timeout: 60_000 }, async () => {
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open({ mode: 'assistant', assistant: { listen: 'always_on' } })
  await client.audio(server.say('mañana presentamos el presupuesto nuevo al comité'))
  await client.until(() => client.all('turn').length > 0, 30_000)
  expect(client.all('turn')).toMatchObject([{ status: 'ignored', reason: 'not_addressed' }])
  await client.until(() => client.all('segment').some(({ excluded }) => excluded === 'not_addressed'), 30_000)

  client.send({ type: 'end_of_stream' })
  const final = await client.next('final_result', 0, 30_000)
  expect(final.segments).toMatchObject([{ text: expect.stringContaining('presupuesto'), excluded: 'not_addressed' }])
  expect(final.text).toContain('presupuesto')
  const { report } = await client.next('analysis', 0, 30_000)
  expect(report.transcript).toMatchObject([{ text: expect.stringContaining('presupuesto'), excluded: 'not_addressed' }])
  expect(report.analysis.warnings.map(({ code }) => code)).not.toContain('excluded_not_addressed')

  const { hits } = (await (await fetch(`${server.url}/search?q=presupuesto`)).json()) as SearchResult
  expect(hits.map((hit) => hit.session_id)).toEqual([session_id])
  const again = await fetch(`${server.url}/sessions/${session_id}/analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reuse_transcript: false }),
  })
  expect(again.status).toBe(202)
  const redone = await untilRevision(session_id, 2)
  expect(redone.transcript).toMatchObject([{ excluded: 'not_addressed' }])
})

async function untilRevision(sessionId: string, revision: number): Promise<Report> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const report = (await (await fetch(`${server.url}/sessions/${sessionId}/report`)).json()) as Report
    if (report.analysis.revision >= revision) return report
    if (performance.now() > deadline) throw new Error(`no revision ${revision} of the report came`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
