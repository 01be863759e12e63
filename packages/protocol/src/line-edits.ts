import { z } from 'zod'

/** Corrections of a finished transcript line by line: cut one in two, join two, say whose some are. */

const Label = z.string().regex(/^S\d{1,3}$/)

export const SplitSegmentBody = z.strictObject({
  at: z
    .number()
    .int()
    .min(1)
    .max(20_000)
    .describe('where in the text the second line begins: the index of a first letter of a word'),
  speaker: Label.optional().describe('who said the second line; the same speaker when left out'),
})
export type SplitSegmentBody = z.infer<typeof SplitSegmentBody>

export const JoinSegmentsBody = z.strictObject({
  next: z.string().min(1).max(200).describe('the segment that follows; it becomes part of this one'),
})
export type JoinSegmentsBody = z.infer<typeof JoinSegmentsBody>

export const AssignSpeakerBody = z.strictObject({
  speaker: Label.describe('who said them'),
  segment_ids: z.array(z.string().min(1).max(200)).min(1).max(10_000),
})
export type AssignSpeakerBody = z.infer<typeof AssignSpeakerBody>
