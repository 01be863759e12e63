import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type GoldSession, readGold } from '../analysis/eval/gold.ts'
import { type Fault, scriptedLlm } from '../analysis/testing/scripted-llm.ts'
import { type ChatBody, defaultAnswer, fakeChatServer } from '../engines/adapters/openai-chat/testing/fake-chat-server.ts'
import type { LlmRequest } from '../engines/llm.ts'
import type { ReportEvaluation } from './eval-report.ts'
import { run } from './main.ts'

/** `vigia eval report` from the command line, without a model and with one behind a chat API. */

const DATA = fileURLToPath(new URL('../../test/gold/sessions', import.meta.url))
const gold = await readGold(DATA)

let printed: string
beforeEach(() => {
  printed = ''
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    printed += `${text}\n`
  })
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => vi.restoreAllMocks())

/** What a script of the session that is asked about answers. */
async function answerTo(body: ChatBody, fault: Fault): Promise<string[]> {
  const messages = body.messages.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  }))
  const schema = body.response_format?.json_schema?.schema
  const request = { messages, maxTokens: 1000, ...(schema ? { schema } : {}) } as unknown as LlmRequest
  const prompt = JSON.stringify(messages)
  const share = ({ lines }: GoldSession) => lines.filter(({ text }) => prompt.includes(JSON.stringify(text).slice(1, -1))).length
  // questions about no session are those that find out what the server can do
  if (gold.every((one) => share(one) === 0)) return defaultAnswer(body)
  const session = gold.reduce((best, one) => (share(one) > share(best) ? one : best))
  const pieces: string[] = []
  for await (const event of scriptedLlm(session, { fault, placed: true }).generate(request, new AbortController().signal))
    if (event.type === 'text') pieces.push(event.text)
  return pieces
}

async function evaluate(fault: Fault, ...options: string[]): Promise<number> {
  await using server = await fakeChatServer({ model: 'scripted-70b', answer: (body) => answerTo(body, fault) })
  const llm = ['--engines.llm.adapter', 'openai-chat', '--engines.llm.base-url', server.url]
  return await run([
    'eval',
    'report',
    '--data',
    DATA,
    '--profile',
    'embedded',
    ...llm,
    '--engines.llm.context-tokens',
    '32768',
    ...options,
  ])
}

describe('the evaluation of reports', () => {
  it('measures the rules alone, and says so', async () => {
    expect(await run(['eval', 'report', '--data', DATA, '--held', '--profile', 'embedded'])).toBe(0)
    expect(printed).toMatch(/sessions +9\n/u)
    expect(printed).toMatch(/texts: language, no keys +100\.0 %/u)
    expect(printed).toContain('No language model is configured')
  })

  it('measures a model beside them', async () => {
    expect(await evaluate('none', '--held')).toBe(0)
    expect(printed).toMatch(/rules +scripted-70b\n/u)
    expect(printed).toMatch(/scripted-70b: \d+ s and \d+ tokens for an hour of talk/u)
    expect(printed).not.toContain('fell back')
  }, 60_000)

  it('tells what a model that obeys what it reads gets wrong: nothing without evidence', async () => {
    expect(await evaluate('obedient', '--json')).toBe(0)
    const { paths } = JSON.parse(printed) as ReportEvaluation
    const { totals, fallbacks, cost } = paths['scripted-70b']!
    expect(totals).toMatchObject({ sessions: 26, valid: 1, evidenceValidity: 1, cleanTexts: 1 })
    expect(totals.violationsPerSession).toBeLessThanOrEqual(0.2)
    expect(totals.items.action.recall).toBeGreaterThan(0.85)
    expect(fallbacks).toBe(0)
    expect(cost.tokens).toBeGreaterThan(0)
    expect(paths.rules!.cost.tokens).toBe(0)
  }, 60_000)

  it('counts the sessions that fell back to rules', async () => {
    expect(await evaluate('garbage', '--held')).toBe(0)
    expect(printed).toContain('scripted-70b: 9 sessions fell back to rules.')
  }, 60_000)
})
