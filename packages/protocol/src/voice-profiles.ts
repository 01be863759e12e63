import { z } from 'zod'
import { Seconds } from './common.ts'

/** Known voices: off unless the server's owner turns them on, and a profile only with the person's consent. */

export const VoiceConsent = z.enum(['unknown', 'announced', 'given', 'refused'])

export const EnrolVoiceBody = z.strictObject({
  session_id: z.string().min(1).max(128).describe('a finished session in which the person speaks'),
  speaker: z
    .string()
    .regex(/^S\d{1,3}$/)
    .describe('their label there; 20 s of speech and more'),
  name: z.string().trim().min(1).max(100),
  consent: VoiceConsent.describe('what the person said to it; anything but `given` is refused'),
})
export type EnrolVoiceBody = z.infer<typeof EnrolVoiceBody>

/** A known voice as a client sees it: never the embedding. */
export const VoiceProfileInfo = z.object({
  id: z.string(),
  name: z.string(),
  consent: VoiceConsent,
  model: z.string().describe('embedding model; with another one the voice must be enrolled again'),
  clips: z.number().int(),
  speech: Seconds.describe('speech it rests on'),
  enrolled_at: z.string(),
})
export type VoiceProfileInfo = z.infer<typeof VoiceProfileInfo>

export const VoiceProfileList = z.object({
  enabled: z.boolean().describe('whether this server enrols and names voices'),
  profiles: z.array(VoiceProfileInfo),
})
export type VoiceProfileList = z.infer<typeof VoiceProfileList>

export const SpeakerMatches = z.object({
  session_id: z.string(),
  speakers: z.array(
    z.object({
      speaker: z.string(),
      kind: z
        .enum(['known', 'suggestion', 'unknown'])
        .describe('`suggestion`: near the bound, or two are alike; a person decides'),
      profile_id: z.string().optional(),
      name: z.string().optional(),
      similarity: z.number().optional().describe('cosine'),
    }),
  ),
})
export type SpeakerMatches = z.infer<typeof SpeakerMatches>
