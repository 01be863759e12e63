import { openRulesAnswerer } from '../../session/answering/rules.ts'
import { textsOf } from '../../session/answering/texts.ts'
import type { AskMessage } from './ask.ts'
import type { CompatDeps } from './deps.ts'
import { noLanguageModel } from './errors.ts'

/**
 * What the rules answer to a typed question, resting on the conversation that came with it.
 *
 * @throws VigiaError `engine_unavailable` where no rule fits
 */
export async function ruleAnswer(
  text: string,
  language: string,
  messages: readonly AskMessage[],
  { clock, timeZone }: Pick<CompatDeps, 'clock' | 'timeZone'>,
): Promise<string> {
  const earlier = messages.filter((message) => message.role === 'user').slice(0, -1)
  const rules = openRulesAnswerer({
    said: async () => earlier.map(({ content }, i) => ({ id: String(i), text: wordsOf(content) })),
    remember: () => Promise.reject(noLanguageModel('Remembering something between requests')),
    wallMs: () => clock.wallMs(),
    timeZone,
  })
  let answer = ''
  const request = { text, language, history: [], frame: null, aboutSight: false, audio: null, released: Promise.resolve() }
  for await (const event of rules.answer(request, AbortSignal.timeout(10_000))) if (event.type === 'text') answer += event.text
  if (answer === '' || answer === textsOf(language).noModel) throw noLanguageModel()
  return answer
}

const wordsOf = (content: AskMessage['content']): string =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ')
