import { VigiaError } from '@vigia/protocol'
import type { Llm, LlmMessage, LlmPart, LlmRequest } from '../llm.ts'
import type { ObservationDraft, Vision, VisionRequest } from '../vision.ts'
import { grammarOf, PhotoAnswer, SecondLook } from './answer.ts'
import { guardDraft, withSupportedDangers } from './guard.ts'
import { repairPrompt, secondLookPrompt, systemPrompt, userPrompt } from './prompt.ts'
import { readAnswer, salvageAnswer } from './read-answer.ts'
import { afterSecondLook, type Judged, readSecondLook } from './second-look.ts'

/** Makes a vision engine of any language model that takes images: prompt, schema, validation, one repair, second look. */

const MAX_TOKENS = 900
const SECOND_LOOK_TOKENS = 80
/** Grave dangers that are asked about once more; more in one photo are doubtful as a whole. */
const MAX_SECOND_LOOKS = 3
/** A model that repeats itself is stopped here, whatever its token limit. */
const MAX_ANSWER_CHARS = 16_000
/** Prompt, answer and repair; measured with Qwen's tokenizer in mind: about three letters a token. */
const TEXT_TOKENS = 3000
/** A 1280 × 960 photo costs Qwen-VL about 1500 tokens (one per 28 × 28 px). */
const IMAGE_TOKENS = 1600

const ANSWER_GRAMMAR = grammarOf(PhotoAnswer)
const SECOND_LOOK_GRAMMAR = grammarOf(SecondLook)

export interface LlmVisionOptions {
  /** Shown in observations; the language model's own by default. */
  id?: string
  /** The second question about dangers of high severity; on by default. */
  secondLook?: boolean
  note?: string
}

/**
 * The language model is the caller's unless `Symbol.asyncDispose` of the result is called, which disposes it.
 *
 * @throws VigiaError `config_invalid` when the model takes no images
 */
export function llmVision(llm: Llm, { id = llm.id, secondLook = true, note }: LlmVisionOptions = {}): Vision {
  if (!llm.capabilities.images) {
    throw new VigiaError('config_invalid', `Expected a model that takes images, got "${llm.model}".`, {
      hint: 'Name a multimodal model (and its projector file where it has one), or another vision engine.',
    })
  }
  return {
    id,
    model: llm.model,
    method: 'model',
    ...(note ? { note } : {}),
    parallel: llm.capabilities.parallel ?? 1,
    async describe(request, signal) {
      signal.throwIfAborted()
      if (request.images.length === 0) throw new VigiaError('vision_failed', 'Expected a photo, got none.')
      const draft = withSupportedDangers(await answerOf(llm, request, signal))
      const checked = secondLook ? await lookAgain(llm, request, draft, signal) : draft
      return guardDraft(checked, { language: request.language, asked: request.prompt !== undefined })
    },
    [Symbol.asyncDispose]: () => llm[Symbol.asyncDispose](),
  }
}

async function answerOf(llm: Llm, request: VisionRequest, signal: AbortSignal): Promise<ObservationDraft> {
  const messages = askMessages(llm, request)
  const ask = { messages, maxTokens: MAX_TOKENS, temperature: 0, schema: ANSWER_GRAMMAR }
  const first = await textOf(llm, ask, signal)
  const reading = readAnswer(first)
  if (reading.ok) return reading.draft
  const second = await textOf(llm, { ...ask, messages: repairMessages(messages, first, request, reading.problems) }, signal)
  const repaired = readAnswer(second)
  const draft = repaired.ok ? repaired.draft : (salvageAnswer(second) ?? salvageAnswer(first))
  if (draft) return draft
  throw new VigiaError('vision_failed', `The model "${llm.model}" gave no observation, also when asked again.`, {
    hint: 'The photo is stored. If this happens often, choose a model that keeps to JSON.',
  })
}

function askMessages(llm: Llm, { images, language, prompt }: VisionRequest): LlmMessage[] {
  const room = Math.floor((llm.capabilities.contextTokens - TEXT_TOKENS) / IMAGE_TOKENS)
  const shown = images.slice(0, Math.max(1, room))
  return [
    { role: 'system', content: [{ type: 'text', text: systemPrompt(language) }] },
    {
      role: 'user',
      content: [
        ...shown.map((jpeg): LlmPart => ({ type: 'image', jpeg })),
        { type: 'text', text: userPrompt({ language, photos: shown.length, question: prompt }) },
      ],
    },
  ]
}

function repairMessages(asked: LlmMessage[], answer: string, { language }: VisionRequest, problems: string[]): LlmMessage[] {
  return [
    ...asked,
    { role: 'assistant', content: [{ type: 'text', text: answer.slice(0, 4000) || '{}' }] },
    { role: 'user', content: [{ type: 'text', text: repairPrompt(language, problems) }] },
  ]
}

/** Asks about each danger of high severity once more. A second look that fails leaves the danger as it is. */
async function lookAgain(
  llm: Llm,
  request: VisionRequest,
  draft: ObservationDraft,
  signal: AbortSignal,
): Promise<ObservationDraft> {
  const grave = draft.dangers.filter(({ severity }) => severity === 'high').slice(0, MAX_SECOND_LOOKS)
  const judged: Judged[] = []
  for (const danger of grave) {
    const text = secondLookPrompt(request.language, danger)
    const image = request.images[0]!
    const ask: LlmRequest = {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', jpeg: image },
            { type: 'text', text },
          ],
        },
      ],
      maxTokens: SECOND_LOOK_TOKENS,
      temperature: 0,
      schema: SECOND_LOOK_GRAMMAR,
    }
    const answer = await textOf(llm, ask, signal).catch((error: unknown) => {
      if (signal.aborted) throw error
      return ''
    })
    judged.push({ danger, ...readSecondLook(answer) })
  }
  return judged.length === 0 ? draft : afterSecondLook(draft, judged, request.language)
}

async function textOf(llm: Llm, request: LlmRequest, signal: AbortSignal): Promise<string> {
  let text = ''
  for await (const event of llm.generate(request, signal)) {
    if (event.type === 'text') text += event.text
    if (text.length > MAX_ANSWER_CHARS) break
  }
  return text
}
