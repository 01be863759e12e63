import { z } from 'zod'

export const Severity = z.enum(['low', 'medium', 'high'])
export type Severity = z.infer<typeof Severity>

export const Danger = z.object({
  what: z.string(),
  why: z.string().describe('the mechanism: golpe, caída, quemadura, corte, atropello, descarga, tóxico …'),
  where: z.string(),
  severity: Severity,
  certainty: Severity,
})
export type Danger = z.infer<typeof Danger>

/** What can be measured of a photo without any model. */
export const PhotoQuality = z.object({
  usable: z.boolean(),
  problem: z.enum(['dark', 'bright', 'blurred', 'low_resolution']).optional(),
  light: z.number().min(0).max(255).describe('mean luma'),
  sharpness: z.number().nonnegative().describe('variance of the Laplacian at a fixed width'),
  colors: z.array(z.string()).describe('dominant colours, by name'),
  duplicate_of: z.string().optional().describe('frame id of a near-identical earlier photo whose description was reused'),
})
export type PhotoQuality = z.infer<typeof PhotoQuality>

/** Stage times of one photo, milliseconds. */
export const VisionTimings = z.object({
  received: z.number().optional(),
  decoded: z.number().optional(),
  queued: z.number().optional(),
  model: z.number().optional(),
  total: z.number(),
})

/** What an engine says of a frame; prose is Spanish unless asked otherwise. */
export const Observation = z.object({
  frame_id: z.string(),
  session_id: z.string().nullable(),
  captured_at: z.string().describe('ISO 8601; from EXIF, the client, or arrival'),
  captured_by: z.enum(['exif', 'client', 'arrival']).optional(),
  at: z.number().nullable().optional().describe('seconds on the session timeline'),
  size: z.tuple([z.number().int(), z.number().int()]),
  prompt: z.string().optional().describe('the question that the description answers'),
  language: z.string().optional().describe('BCP 47 tag of the prose'),
  status: z.enum(['pending', 'done', 'failed', 'superseded']).default('done'),
  description: z.string(),
  people: z.array(z.string()),
  objects: z.array(z.string()),
  text_visible: z.array(z.string()),
  surroundings: z.string(),
  activities: z.array(z.string()),
  dangers: z.array(Danger),
  suggestions: z.array(z.string()),
  uncertain: z.array(z.string()),
  quality: PhotoQuality,
  engine: z.object({ id: z.string(), model: z.string().optional(), method: z.enum(['model', 'detector', 'measured']) }),
  timings: VisionTimings,
})
export type Observation = z.infer<typeof Observation>
