import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'

/** What photos of a test set show, as a person wrote it down. */

const Mention = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

export const Expectation = z.strictObject({
  must_mention: z.array(Mention).default([]).describe('words, or lists of words of which one is enough'),
  must_not_mention: z.array(z.string().min(1)).default([]).describe('what is not in the photo'),
  danger: z.boolean().optional().describe('whether the photo shows a danger'),
  text: z.array(z.string().min(1)).default([]).describe('what is written in the photo, line by line'),
  prompt: z.string().min(1).max(2000).optional().describe('a question instead of a description'),
  language: z.string().min(2).max(16).default('es'),
})
export type Expectation = z.infer<typeof Expectation>

const Expectations = z.record(z.string(), Expectation)

/** @returns expectations by file name. @throws VigiaError `invalid_request` */
export function parseExpectations(json: string): Map<string, Expectation> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new VigiaError('invalid_request', 'Expected JSON in the file of expectations.', { cause })
  }
  const parsed = Expectations.safeParse(value)
  if (parsed.success) return new Map(Object.entries(parsed.data))
  const [issue] = parsed.error.issues
  throw new VigiaError('invalid_request', `The expectations are wrong at "${issue?.path.join('.')}": ${issue?.message}.`, {
    hint: 'docs/vision.md describes the file.',
  })
}
