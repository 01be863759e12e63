import { z } from 'zod'

/** What Vigía knows of one model: where it comes from, its files, its licence, what it needs and how it is set. */

/** What a model is for. */
export const MODEL_ROLES = [
  'vad',
  'asr',
  'asr-streaming',
  'segmentation',
  'embedding',
  'turn',
  'denoise',
  'tts',
  'llm',
  'vlm',
] as const
export type ModelRole = (typeof MODEL_ROLES)[number]

const relative = z
  .string()
  .min(1)
  .refine((path) => !/(^|\/)\.\.?(\/|$)|^\/|\\/.test(path), { message: 'expected a relative path without "." or ".."' })
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const ModelFile = z.strictObject({
  path: relative.describe('path at the source'),
  saveAs: relative.optional().describe('path inside the model folder; the same as at the source unless told'),
  bytes: z.number().int().positive().nullable(),
  sha256: sha256.nullable().describe('null: not known yet; installing needs an explicit flag and records what came'),
  unpack: z.strictObject({ strip: z.string() }).optional().describe('a tar.bz2 whose folder `strip` becomes the model folder'),
})
export type ModelFile = z.infer<typeof ModelFile>

export const ModelSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hf'), repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/), revision: z.string().min(1) }),
  z.strictObject({ kind: z.literal('github'), repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/), tag: z.string().min(1) }),
  z.strictObject({ kind: z.literal('url'), base: z.url() }),
  z.strictObject({ kind: z.literal('local') }).describe('files that a person put into the model folder'),
])
export type ModelSource = z.infer<typeof ModelSource>

export const ModelLicense = z.strictObject({
  name: z.string().min(1),
  url: z.url().optional(),
  attribution: z.string().optional().describe('what must be shown where the model is used'),
  commercial: z.boolean().describe('false: commercial use is forbidden or limited; installing asks for acceptance'),
  notes: z.string().optional(),
})

export const ModelEntry = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,63}$/),
  title: z.string().min(1),
  role: z.enum(MODEL_ROLES),
  family: z.string().min(1).describe('how the engine loads it: nemo_transducer, whisper, gguf, vits …'),
  languages: z.union([z.array(z.string()), z.literal('any')]),
  license: ModelLicense,
  source: ModelSource,
  files: z.array(ModelFile).min(1),
  parts: z.record(z.string(), relative).describe('what the engine needs, by name, inside the model folder'),
  ramMb: z.number().int().nonnegative().describe('memory when loaded on the CPU'),
  vramMb: z.number().int().nonnegative().default(0).describe('graphics memory when loaded on the card'),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  unverified: z.array(z.string()).default([]).describe('statements of this entry that nobody has confirmed'),
})
export type ModelEntry = z.infer<typeof ModelEntry>
/** An entry as it is written: defaults may be left out. */
export type ModelEntryInput = z.input<typeof ModelEntry>

/** Bytes to fetch, as far as known. */
export const downloadBytes = (entry: ModelEntry): number => entry.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)

/** True when every file can be checked against a published checksum. */
export const isPinned = (entry: ModelEntry): boolean => entry.files.every((file) => file.sha256 !== null)
