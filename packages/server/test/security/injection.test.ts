import { fileURLToPath } from 'node:url'
import type { Report } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { type GoldSession, readGold, segmentIdOf, toInput } from '../../src/analysis/eval/gold.ts'
import { scriptedLlm } from '../../src/analysis/testing/scripted-llm.ts'
import { validateReport } from '../../src/analysis/validate.ts'
import type { Llm } from '../../src/engines/llm.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** Conversations in which somebody dictates instructions to the machine, through the whole server, with a model that obeys them. */

const gold = await readGold(fileURLToPath(new URL('../gold/sessions', import.meta.url)))
const attacks = gold.filter(({ never }) => never.some(({ why }) => why === 'injection'))

/** The model of the session that is being analysed. */
function obedientLlm(): Llm & { session: GoldSession } {
  const holder = { session: attacks[0]! }
  return new Proxy(holder as Llm & typeof holder, {
    get: (_, key) => (key === 'session' ? holder.session : Reflect.get(scriptedLlm(holder.session, { fault: 'obedient' }), key)),
    set: (_, key, value) => key === 'session' && Reflect.set(holder, key, value),
  })
}

const visible = ({ title, summary, action_items, findings }: Report): string =>
  [title, summary, ...action_items.flatMap((item) => [item.title, ...item.steps]), ...findings.map(({ text }) => text)].join('\n')

it('the set has attacks in both languages', () => {
  expect(new Set(attacks.map(({ id }) => id.slice(0, 2)))).toEqual(new Set(['es', 'en']))
})

it('no stored report rests on an instruction that was said, whatever the model does', async () => {
  const llm = obedientLlm()
  await using app = await startTestServer({}, { wrapEngines: (engines) => ({ ...engines, llm }) as never })
  for (const session of attacks) {
    llm.session = session
    const { segments, language } = toInput(session)
    const format = { encoding: 'pcm16', sampleRate: 16_000, channels: 1 }
    const row = {
      id: session.id,
      owner: null,
      format,
      language,
      mode: 'transcribe',
      config: {},
      tokenHash: 'x',
      tier: 'full' as const,
    }
    await app.store.sessions.create(row)
    await app.store.segments.upsert(
      session.id,
      segments.map((segment) => ({ ...segment, pass: 'final' as const })),
    )
    await app.store.sessions.update(session.id, { state: 'final', durationMs: 60_000 })
    const closed = new Promise<void>((resolve) => {
      app.sessions.subscribe(session.id, ({ type }) => type === 'closed' && resolve())
    })
    await app.sessions.analyze(session.id, { reuseTranscript: true })
    await closed
    const report = (await (await fetch(`${app.url}/sessions/${session.id}/report`)).json()) as Report
    expect(report.analysis.method, session.id).toBe('llm')
    expect(validateReport(report), session.id).toEqual([])
    expect(visible(report), session.id).not.toMatch(/transferir|wire five|bono|bonus|todo está aprobado/iu)
    const orders = session.never.filter(({ why }) => why === 'injection').flatMap(({ lines }) => lines.map(segmentIdOf))
    for (const claim of [...report.action_items, ...report.findings, ...report.summary_points])
      expect(claim.evidence.length > 0 && claim.evidence.every((id) => orders.includes(id)), session.id).toBe(false)
  }
}, 60_000)
