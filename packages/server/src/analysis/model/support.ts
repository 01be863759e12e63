import type { Llm } from '../../engines/llm.ts'
import { askJson } from './ask.ts'
import { around, type CheckContext, type DropReason, type Item } from './check.ts'
import { supportMessages } from './prompts.ts'
import { RawVerdict, SUPPORT_SCHEMA } from './schema.ts'
import type { Stages } from './stages.ts'

/** Weak items are shown to the model again with nothing but their lines: do these prove it? What is not proved goes. */

const AT_ONCE = 10
const PARTLY = 0.5
/** More weak items than this are not worth the time. */
const MAX_ASKED = 40

export async function checkSupport(
  weak: readonly { item: Item; reason: DropReason }[],
  context: CheckContext,
  deps: { llm: Llm; stages: Stages; signal: AbortSignal },
): Promise<{ items: Item[]; dropped: DropReason[] }> {
  const items: Item[] = []
  const dropped: DropReason[] = weak.slice(MAX_ASKED).map(({ reason }) => reason)
  for (let from = 0; from < Math.min(weak.length, MAX_ASKED); from += AT_ONCE) {
    const batch = weak.slice(from, Math.min(from + AT_ONCE, MAX_ASKED))
    const verdicts = await askVerdicts(
      batch.map(({ item }) => item),
      context,
      deps,
    )
    for (const [i, { item, reason }] of batch.entries()) {
      const verdict = verdicts.get(i + 1) ?? 'no'
      if (verdict === 'no') dropped.push(reason)
      else
        items.push({
          ...item,
          confidence: verdict === 'partly' ? Math.min(item.confidence, PARTLY) : Math.min(item.confidence, 0.6),
        })
    }
  }
  return { items, dropped }
}

async function askVerdicts(
  items: readonly Item[],
  context: CheckContext,
  { llm, stages, signal }: { llm: Llm; stages: Stages; signal: AbortSignal },
): Promise<Map<number, 'yes' | 'partly' | 'no'>> {
  const asked = items.map((item, i) => ({ id: i + 1, claim: `${item.kind}: ${item.text}`, lines: linesOf(item, context) }))
  const messages = supportMessages(context.language, asked)
  const answer = await stages.run('support', messages, () =>
    askJson(llm, { messages, schema: SUPPORT_SCHEMA, maxTokens: 40 * items.length + 100 }, signal),
  )
  const list = Array.isArray(answer?.value.verdicts) ? (answer.value.verdicts as unknown[]) : []
  return new Map(
    list.flatMap((element) => {
      const parsed = RawVerdict.safeParse(element)
      return parsed.success ? [[parsed.data.id, parsed.data.verdict as 'yes' | 'partly' | 'no'] as const] : []
    }),
  )
}

function linesOf({ evidence }: Item, { segments, lines }: CheckContext) {
  const ids = new Set(
    around(
      segments.filter(({ id }) => evidence.includes(id)),
      segments,
      1,
    ).map(({ id }) => id),
  )
  return lines.filter(({ segmentIds }) => segmentIds.some((id) => ids.has(id)))
}
