import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Observation, Severity, VigiaError } from '@vigia/protocol'
import { parse } from 'yaml'
import { z } from 'zod'
import type { AnalysisInput } from '../pipeline.ts'

/** Gold sessions: a transcript, the items a careful reader finds in it, and what must not become one. Format: docs/analysis.md. */

const Line = z.number().int().min(1)

const GoldItem = z
  .strictObject({
    kind: z.enum(['action', 'decision', 'risk', 'question']),
    text: z.string().min(1),
    lines: z.array(Line).default([]).describe('any of these proves it'),
    frame: Line.optional().describe('proved by this photo'),
    owner: z.string().optional().describe('letter of the speaker'),
    due: z.iso.date().optional(),
    optional: z.boolean().default(false).describe('neither finding nor missing it counts'),
  })
  .refine(({ lines, frame }) => lines.length > 0 || frame !== undefined, 'expected lines or a frame')
export type GoldItem = z.output<typeof GoldItem>

const GoldFile = z.strictObject({
  about: z.string(),
  language: z.enum(['es', 'en']),
  held: z.boolean().default(false).describe('kept apart: rules and prompts are never tuned on it'),
  started_at: z.iso.datetime().default('2026-03-10T09:00:00Z'),
  time_zone: z.string().default('Europe/Madrid'),
  transcript: z.string().min(1).describe('lines "A: text"'),
  frames: z
    .array(z.strictObject({ line: Line, what: z.string(), why: z.string(), where: z.string(), severity: Severity }))
    .default([]),
  items: z.array(GoldItem),
  never: z
    .array(z.strictObject({ lines: z.array(Line).min(1), kind: z.string().optional(), why: z.string() }))
    .default([])
    .describe('no item, or none of the kind, may rest on these lines alone'),
  facts: z.array(z.string()).default([]).describe('what a summary should tell'),
})

export interface GoldSession extends Omit<z.output<typeof GoldFile>, 'transcript'> {
  id: string
  lines: { speaker: string; text: string }[]
}

/** All sessions of a folder, by name. @throws VigiaError `invalid_request` for a folder without sessions, or a wrong file */
export async function readGold(folder: string): Promise<GoldSession[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.yaml')).sort()
  if (names.length === 0)
    throw new VigiaError('invalid_request', `Expected gold sessions (*.yaml) in ${folder}, found none.`, {
      hint: 'docs/analysis.md shows the format; packages/server/test/gold/sessions has ours.',
    })
  return Promise.all(
    names.map(async (name) => parseGold(name.replace(/\.yaml$/u, ''), await readFile(path.join(folder, name), 'utf8'))),
  )
}

/** @throws VigiaError `invalid_request` */
export function parseGold(id: string, text: string): GoldSession {
  const parsed = GoldFile.safeParse(parse(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new VigiaError('invalid_request', `${id}.yaml: ${issue?.path.join('.')}: ${issue?.message}.`)
  }
  const { transcript, ...rest } = parsed.data
  const lines = transcript
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^([A-Z]): (.+)$/u.exec(line.trim())
      if (!match) throw new VigiaError('invalid_request', `${id}.yaml: expected lines like "A: text".`)
      return { speaker: match[1]!, text: match[2]! }
    })
  const cited = [...rest.items.flatMap((item) => item.lines), ...rest.never.flatMap((never) => never.lines)]
  if (cited.some((line) => line > lines.length))
    throw new VigiaError('invalid_request', `${id}.yaml cites a line that it does not have.`)
  return { id, ...rest, lines }
}

export const segmentIdOf = (line: number): string => `seg-${String(line).padStart(4, '0')}`
export const frameIdOf = (frame: number): string => `frame-${frame}`
/** `A` → `S1`. */
export const speakerOf = (letter: string): string => `S${letter.charCodeAt(0) - 64}`

const SECONDS_A_LINE = 5

/** The session as the analysis gets it. */
export function toInput(gold: GoldSession): AnalysisInput {
  return {
    sessionId: gold.id,
    language: gold.language,
    startedAt: gold.started_at,
    timeZone: gold.time_zone,
    segments: gold.lines.map(({ speaker, text }, i) => ({
      id: segmentIdOf(i + 1),
      start: i * SECONDS_A_LINE,
      end: i * SECONDS_A_LINE + 4,
      speaker: speakerOf(speaker),
      text,
      rev: 1,
    })),
    frames: gold.frames.map((frame, i) => toObservation(gold, frame, i)),
    durationMs: gold.lines.length * SECONDS_A_LINE * 1000,
  }
}

function toObservation(gold: GoldSession, frame: GoldSession['frames'][number], index: number): Observation {
  const { line, ...danger } = frame
  return {
    frame_id: frameIdOf(index + 1),
    session_id: gold.id,
    captured_at: gold.started_at,
    at: (line - 1) * SECONDS_A_LINE + 1,
    size: [640, 480],
    status: 'done',
    description: '',
    people: [],
    objects: [danger.what],
    text_visible: [],
    surroundings: '',
    activities: [],
    dangers: [{ ...danger, certainty: 'medium' }],
    suggestions: [],
    uncertain: [],
    quality: { usable: true, light: 120, sharpness: 100, colors: [] },
    engine: { id: 'gold', method: 'model' },
    timings: { total: 0 },
  }
}
