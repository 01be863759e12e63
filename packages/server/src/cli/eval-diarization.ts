import { diarizationErrors, parseRttm } from '../analysis/metrics/der.ts'
import type { App } from '../app.ts'
import { DEFAULT_ENDPOINTING } from '../session/endpointing.ts'
import { scanSpeech } from '../session/speech-scan.ts'
import { openPrivateApp } from './analyze.ts'
import { type EvalItem, loadRecording, readEvalData } from './eval-data.ts'
import { parseFlags } from './flags.ts'
import { treeMemoryMb } from './process-memory.ts'
import { table } from './tables.ts'

/** `vigia eval diarization --data DIR`: who spoke when in your recordings, compared with RTTM files. */

const HELP = `vigia eval diarization --data DIR [options] [settings]

Tells the speakers of every recording in DIR that has a .rttm of the same name beside it, and compares. Choose the engine
with the settings, for instance --engines.diarizer.adapter classical.

  --data DIR         recordings and references
  --collar SECONDS   not scored around each edge of the reference [0.25]
  --known-speakers   tell the engine how many speak
  --json             as JSON

DER as NIST defines it: missed speech, false alarm and confusion over the speech of the reference, overlaps scored.`

export interface DiarizationScore {
  file: string
  seconds: number
  speakers: number
  found: number
  der: number
  missed: number
  falseAlarm: number
  confusion: number
  rtf: number
}

export interface DiarizationEvaluation {
  engine: string
  collarMs: number
  files: DiarizationScore[]
  /** Over all speech of all files. */
  der: number
  memoryMb: number | null
}

export interface DiarizationEvalOptions {
  collarMs: number
  knownSpeakers: boolean
}

export async function evalDiarization(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    data: { type: 'string' },
    collar: { type: 'string' },
    'known-speakers': { type: 'boolean' },
    json: { type: 'boolean' },
  })
  if (own.help || typeof own.data !== 'string') {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  const items = await readEvalData(own.data, 'rttm')
  await using opened = await openPrivateApp({ 'models.fetch': 'never', ...settings })
  const collarMs = own.collar === undefined ? 250 : Number(own.collar) * 1000
  const evaluation = await evaluateDiarization(opened.app, items, { collarMs, knownSpeakers: own['known-speakers'] === true })
  console.log(own.json ? JSON.stringify(evaluation, null, 2) : printDiarization(evaluation))
  return 0
}

export async function evaluateDiarization(
  { engines }: Pick<App, 'engines'>,
  items: readonly EvalItem[],
  options: DiarizationEvalOptions,
): Promise<DiarizationEvaluation> {
  const files: (DiarizationScore & { totalMs: number })[] = []
  for (const item of items) files.push(await scoreOne(engines, item, options))
  const totalMs = files.reduce((sum, file) => sum + file.totalMs, 0)
  const errorMs = files.reduce((sum, file) => sum + file.der * file.totalMs, 0)
  const { diarizer } = engines
  return {
    engine: diarizer ? `${diarizer.id} ${diarizer.model}` : 'none: everyone is one speaker',
    collarMs: options.collarMs,
    files: files.map(({ totalMs: _, ...file }) => file),
    der: totalMs > 0 ? errorMs / totalMs : 0,
    memoryMb: await treeMemoryMb(),
  }
}

async function scoreOne(
  { vad, diarizer }: App['engines'],
  item: EvalItem,
  { collarMs, knownSpeakers }: DiarizationEvalOptions,
): Promise<DiarizationScore & { totalMs: number }> {
  const reference = parseRttm(item.rttm!)
  const speakers = new Set(reference.map(({ speaker }) => speaker)).size
  const { recording } = await loadRecording(item.file)
  const signal = new AbortController().signal
  const startedMs = performance.now()
  const speech = await scanSpeech(recording, vad, DEFAULT_ENDPOINTING, signal, () => {})
  const request = { recording, speech, utterances: speech, ...(knownSpeakers ? { speakers } : {}) }
  const turns = diarizer
    ? await diarizer.diarize(request, signal)
    : speech.map((span) => ({ ...span, speaker: 'S1', confidence: 0 }))
  const rtf = (performance.now() - startedMs) / recording.durationMs
  const { missedMs, falseAlarmMs, confusionMs, totalMs } = diarizationErrors(reference, turns, { collarMs })
  const share = (ms: number): number => (totalMs > 0 ? ms / totalMs : 0)
  return {
    file: item.name,
    seconds: recording.durationMs / 1000,
    speakers,
    found: new Set(turns.map(({ speaker }) => speaker)).size,
    der: share(missedMs + falseAlarmMs + confusionMs),
    missed: share(missedMs),
    falseAlarm: share(falseAlarmMs),
    confusion: share(confusionMs),
    rtf,
    totalMs,
  }
}

export function printDiarization({ engine, collarMs, files, der, memoryMb }: DiarizationEvaluation): string {
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
  const rows = files.map((file) => [
    file.file,
    file.seconds.toFixed(1),
    String(file.speakers),
    String(file.found),
    percent(file.der),
    percent(file.missed),
    percent(file.falseAlarm),
    percent(file.confusion),
    file.rtf.toFixed(3),
  ])
  const total = `all speech: DER ${percent(der)}, collar ${collarMs} ms${memoryMb === null ? '' : `, memory ${memoryMb} MB`}`
  return `${engine}\n\n${table(['recording', 'seconds', 'speakers', 'found', 'DER', 'missed', 'false alarm', 'confusion', 'RTF'], rows)}\n\n${total}`
}
