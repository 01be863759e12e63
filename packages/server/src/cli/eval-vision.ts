import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import type { App } from '../app.ts'
import { type Expectation, parseExpectations } from '../vision/eval/expectations.ts'
import { type PhotoScore, type SetScore, scorePhoto, scoreSet } from '../vision/eval/score.ts'
import { openPrivateApp } from './analyze.ts'
import { parseFlags } from './flags.ts'
import { ProgressBar } from './progress-bar.ts'

/** `vigia eval vision --data DIR`: photos through the whole path (gate, engine, rules), compared with expectations. */

const HELP = `vigia eval vision --data DIR [options] [settings]

Describes the photos that DIR/expectations.json names and compares: mentions, wrong mentions, dangers, banned inferences,
text read, times. Choose the engine with the settings, for instance --engines.vision.adapter measured.

  --data DIR             folder with the photos
  --expectations FILE    what they show [DIR/expectations.json]
  --json                 scores as JSON`

/** One photo of the set and how it came out. */
export interface EvaluatedPhoto {
  file: string
  description: string | null
  error: string | null
  score: PhotoScore | null
}

export interface VisionEvaluation {
  engine: { id: string; model: string }
  photos: EvaluatedPhoto[]
  total: SetScore
}

export async function evalVision(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    data: { type: 'string' },
    expectations: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (own.help || typeof own.data !== 'string') {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  const file = typeof own.expectations === 'string' ? own.expectations : join(own.data, 'expectations.json')
  const expectations = parseExpectations(await readFile(file, 'utf8'))
  await using opened = await openPrivateApp(settings)
  const evaluation = await evaluatePhotos(opened.app, own.data, expectations)
  console.log(own.json ? JSON.stringify(evaluation, null, 2) : printEvaluation(evaluation))
  return evaluation.total.failed > 0 ? 1 : 0
}

async function evaluatePhotos(app: App, folder: string, expectations: Map<string, Expectation>): Promise<VisionEvaluation> {
  const bar = new ProgressBar(process.stderr, 'photos')
  const photos: EvaluatedPhoto[] = []
  try {
    for (const [file, expectation] of expectations) {
      photos.push(await evaluateOne(app, join(folder, file), file, expectation))
      bar.update('photos', photos.length, expectations.size)
    }
  } finally {
    bar.end()
  }
  const { id, model } = app.vision.engine
  return { engine: { id, model }, photos, total: scoreSet(photos.map(({ score }) => score)) }
}

async function evaluateOne(app: App, path: string, file: string, expectation: Expectation): Promise<EvaluatedPhoto> {
  const bytes = await readFile(path)
  const { prompt, language } = expectation
  try {
    const submitted = await app.vision.submit({ bytes, sessionId: null, owner: null, arrivedAt: Date.now(), prompt, language })
    const observation = await submitted.observation
    return { file, description: observation.description, error: null, score: scorePhoto(expectation, observation) }
  } catch (error) {
    if (!VigiaError.is(error)) throw error
    return { file, description: null, error: error.code, score: null }
  }
}

/** A table for people, the same that docs/vision.md shows. */
export function printEvaluation({ engine, photos, total }: VisionEvaluation): string {
  const rows = photos.map(({ file, error, score }) =>
    score
      ? [
          file,
          ratio(score.mentions.found, score.mentions.expected),
          score.mentions.missing.join(', '),
          score.wrong.join(', '),
          dangerWord(score.danger),
          ratio(score.text.right, score.text.expected),
          score.banned.join(', '),
        ]
      : [file, error ?? 'failed', '', '', '', '', ''],
  )
  const header = ['photo', 'mentions', 'missing', 'wrong', 'danger', 'letters', 'banned']
  const table = [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
  return `${engine.id} (${engine.model}), ${total.photos} photos\n\n${table}\n\n${printTotal(total)}`
}

function printTotal(total: SetScore): string {
  const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 100)} %`)
  const banned = Object.entries(total.banned).filter(([, count]) => count > 0)
  return [
    `Mentions ${percent(total.mentionRecall)}, wrong mentions ${total.wrongMentions}, letters ${percent(total.textAccuracy)}.`,
    `Dangers: ${total.falseDangers} false, ${total.missedDangers} of ${total.dangersExpected} missed.`,
    `Banned inferences: ${banned.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}. Not described: ${total.failed}.`,
    `Time: engine ${total.modelMs.p50} ms median, ${total.modelMs.p95} ms p95; whole ${total.totalMs.p50} / ${total.totalMs.p95} ms.`,
  ].join('\n')
}

const ratio = (part: number, whole: number): string => (whole === 0 ? '' : `${part}/${whole}`)

function dangerWord(danger: PhotoScore['danger']): string {
  if (danger === null) return ''
  if (danger.expected === danger.said) return danger.said ? 'seen' : 'none'
  return danger.said ? '**false**' : '**missed**'
}
