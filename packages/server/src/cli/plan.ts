import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import { parseFlags } from './flags.ts'
import { PlanFigures } from './plan/figures.ts'
import { MEASURED } from './plan/measured.ts'
import { type Plan, type PlanInput, planFor } from './plan/model.ts'

/** `vigia plan`: what a number of sessions needs, from measured figures. */

const HELP = `vigia plan --sessions N [options]

  --sessions N       live at the same time
  --duty SHARE       share of the time in which somebody speaks [0.35]
  --hours H          hours a day that many are live [8]
  --keep-days D      how long recordings are kept [30]
  --codec NAME       pcm16 or opus [opus]
  --photos N         photos per session and hour [6]
  --gpu-streams N    recognition on graphics cards that carry N speaking streams each; left out, on the CPU
  --core-price P     of one core hour [0.04]
  --gpu-price P      of one card hour [0.6]
  --disk-price P     of one GB and month [0.08]
  --figures FILE     of your machine, from "npm run bench -- --calibrate FILE"
  --json

Recognition on the CPU is that of the embedded demo model; other models cost more. Prices are examples: give yours.`

const STREAM_BYTES = { pcm16: 32_000, opus: 4000 } as const
const number = (fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().min(min).max(max).default(fallback)

const Flags = z.object({
  sessions: z.coerce.number().int().min(1).max(10_000_000),
  duty: number(0.35, 0, 1),
  hours: number(8, 0.01, 24),
  'keep-days': number(30),
  codec: z.enum(['pcm16', 'opus']).default('opus'),
  photos: number(6),
  'gpu-streams': z.coerce.number().positive().optional(),
  'core-price': number(0.04),
  'gpu-price': number(0.6),
  'disk-price': number(0.08),
})

export async function plan(argv: string[]): Promise<number> {
  const names = [...Object.keys(Flags.shape), 'figures'].map((name) => [name, { type: 'string' }] as const)
  const { own } = parseFlags(argv, { ...Object.fromEntries(names), json: { type: 'boolean' } })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const input = inputOf(own)
  const figures = typeof own.figures === 'string' ? await readFigures(own.figures) : MEASURED
  const result = planFor(input, figures)
  console.log(own.json ? JSON.stringify({ input, figures, plan: result }, null, 2) : pagesOf(input, figures, result))
  return 0
}

function inputOf(own: Record<string, unknown>): PlanInput {
  const parsed = Flags.safeParse(own)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new VigiaError('config_invalid', `--${String(path[0])}: ${message}`, { hint: 'See "vigia plan --help".' })
  }
  const flags = parsed.data
  return {
    sessions: flags.sessions,
    duty: flags.duty,
    hoursPerDay: flags.hours,
    keepDays: flags['keep-days'],
    streamBytesPerS: STREAM_BYTES[flags.codec],
    photosPerHour: flags.photos,
    photoBytes: 1_500_000,
    gpuStreams: flags['gpu-streams'] ?? null,
    targetUse: 0.6,
    price: { coreHour: flags['core-price'], gpuHour: flags['gpu-price'], gbMonth: flags['disk-price'] },
  }
}

async function readFigures(file: string): Promise<PlanFigures> {
  const text = await readFile(file, 'utf8')
  try {
    return PlanFigures.parse(JSON.parse(text))
  } catch (cause) {
    throw new VigiaError('config_invalid', `${file} holds no figures of the capacity model.`, {
      hint: 'Write it with "npm run bench -- --calibrate FILE".',
      cause,
    })
  }
}

function pagesOf({ sessions, duty, gpuStreams, targetUse }: PlanInput, { machine, date }: PlanFigures, plan: Plan): string {
  const { cores } = plan
  const part = (name: string, value: number): string => `  ${name.padEnd(34)} ${value.toFixed(2)}`
  return [
    `${sessions} sessions, somebody speaks ${Math.round(duty * 100)} % of the time`,
    `figures: ${machine}, ${date}`,
    '',
    `cores, at ${Math.round(targetUse * 100)} % use                   ${cores.toBuy}`,
    part('receive, store, acknowledge', cores.ingest),
    part('decode, voice detection', cores.listening),
    part('live recognition', cores.speech),
    part('second pass', cores.final),
    `graphics cards                       ${plan.gpus}${gpuStreams === null ? '' : ` (${gpuStreams} streams each, as you said; not measured here)`}`,
    `memory                               ${plan.memoryGb.toFixed(1)} GB`,
    `disk                                 ${plan.diskGb.toFixed(0)} GB, written at ${(plan.diskBytesPerS / 1e6).toFixed(2)} MB/s`,
    `network in                           ${plan.networkMbitPerS.toFixed(1)} Mbit/s`,
    `cost                                 ${plan.costPerDay.toFixed(2)} a day, ${plan.costPerSessionHour.toFixed(4)} a session hour`,
  ].join('\n')
}
