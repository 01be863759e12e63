import { characterErrorRate } from '../analysis/metrics/cer.ts'
import { cpWordErrorRate, type SpokenText } from '../analysis/metrics/cp-wer.ts'
import { wordErrors } from '../analysis/metrics/wer.ts'
import { buildTranscript } from '../analysis/transcript.ts'
import type { App } from '../app.ts'
import { DEFAULT_ENDPOINTING } from '../session/endpointing.ts'
import { transcribeSpans } from '../session/second-pass.ts'
import { scanSpeech } from '../session/speech-scan.ts'
import { openPrivateApp } from './analyze.ts'
import { type EvalItem, loadRecording, readEvalData } from './eval-data.ts'
import { parseFlags } from './flags.ts'
import { treeMemoryMb } from './process-memory.ts'
import { table } from './tables.ts'

/** `vigia eval asr --data DIR`: the whole second pass over your recordings, compared with what was said. */

const HELP = `vigia eval asr --data DIR [options] [settings]

Transcribes every recording in DIR that has a .txt of the same name beside it, and compares. Lines "NAME: words" in the
.txt give cpWER, which also counts words given to the wrong speaker. Choose the engine with the settings, for instance
--engines.asr.final.adapter sherpa --engines.asr.final.model whisper-small.

  --data DIR         recordings and references
  --language TAG     what is spoken [es]
  --json             as JSON

Normaliser: NFC, lower case, everything but letters, digits and inner apostrophes is a space; accents count; numbers are
compared as they are written.`

export interface AsrScore {
  file: string
  seconds: number
  words: number
  wer: number
  cer: number
  cpWer: number | null
  /** Processing time over audio time. */
  rtf: number
  excluded: number
}

export interface AsrEvaluation {
  engine: string
  files: AsrScore[]
  /** Over all words of all files. */
  wer: number
  rtf: number
  memoryMb: number | null
}

export async function evalAsr(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    data: { type: 'string' },
    language: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (own.help || typeof own.data !== 'string') {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  const items = await readEvalData(own.data, 'txt')
  await using opened = await openPrivateApp({ 'models.fetch': 'never', ...settings })
  const language = typeof own.language === 'string' ? own.language : 'es'
  const evaluation = await evaluateAsr(opened.app, items, language)
  console.log(own.json ? JSON.stringify(evaluation, null, 2) : printAsr(evaluation))
  return 0
}

export async function evaluateAsr(
  { engines }: Pick<App, 'engines'>,
  items: readonly EvalItem[],
  language: string,
): Promise<AsrEvaluation> {
  const files: AsrScore[] = []
  let errors = 0
  let words = 0
  for (const item of items) {
    const { score, wrong } = await scoreOne(engines, item, language)
    files.push(score)
    errors += wrong
    words += score.words
  }
  const seconds = files.reduce((sum, file) => sum + file.seconds, 0)
  return {
    engine: `${engines.finalAsr.id} ${engines.finalAsr.model}`,
    files,
    wer: words > 0 ? errors / words : 0,
    rtf: files.reduce((sum, file) => sum + file.rtf * file.seconds, 0) / seconds,
    memoryMb: await treeMemoryMb(),
  }
}

async function scoreOne(
  { vad, finalAsr, diarizer }: App['engines'],
  item: EvalItem,
  language: string,
): Promise<{ score: AsrScore; wrong: number }> {
  const { recording } = await loadRecording(item.file)
  const signal = new AbortController().signal
  const startedMs = performance.now()
  const spans = await scanSpeech(recording, vad, DEFAULT_ENDPOINTING, signal, () => {})
  const results = await transcribeSpans(recording, spans, finalAsr, { language, purpose: 'final' }, 2, signal, () => {})
  const tookMs = performance.now() - startedMs
  const utterances = results.flatMap((result) => result.utterances)
  const counting = utterances.filter(({ excluded }) => !excluded)
  const bySpeaker = spokenTexts(item.text!)
  const reference = bySpeaker.map(({ text }) => text).join(' ')
  const hypothesis = counting.map(({ text }) => text).join(' ')
  const { substitutions, deletions, insertions, words } = wordErrors(reference, hypothesis)
  const named = new Set(bySpeaker.map(({ speaker }) => speaker)).size > 1 && diarizer !== null
  const turns =
    named && counting.length > 0 ? await diarizer.diarize({ recording, speech: spans, utterances: counting }, signal) : []
  const spoken = named ? buildTranscript(counting, turns).map(({ speaker, text }) => ({ speaker: speaker ?? '?', text })) : []
  const wrong = substitutions + deletions + insertions
  return {
    wrong,
    score: {
      file: item.name,
      seconds: recording.durationMs / 1000,
      words,
      wer: words > 0 ? wrong / words : insertions > 0 ? 1 : 0,
      cer: characterErrorRate(reference, hypothesis),
      cpWer: named ? cpWordErrorRate(bySpeaker, spoken) : null,
      rtf: tookMs / recording.durationMs,
      excluded: utterances.length - counting.length,
    },
  }
}

/** `NAME: words` lines by speaker; without names, one speaker. */
export function spokenTexts(text: string): SpokenText[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const named = lines.map((line) => /^([\p{L}\p{N}_ -]{1,40}):\s+(.*)$/u.exec(line))
  if (lines.length === 0 || named.some((match) => match === null)) return [{ speaker: '1', text: lines.join(' ') }]
  return named.map((match) => ({ speaker: match![1]!, text: match![2]! }))
}

export function printAsr({ engine, files, wer, rtf, memoryMb }: AsrEvaluation): string {
  const percent = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
  const rows = files.map((file) => [
    file.file,
    file.seconds.toFixed(1),
    String(file.words),
    percent(file.wer),
    percent(file.cer),
    percent(file.cpWer),
    file.rtf.toFixed(3),
    String(file.excluded),
  ])
  const total = `all words: WER ${percent(wer)}, real-time factor ${rtf.toFixed(3)}${memoryMb === null ? '' : `, memory ${memoryMb} MB`}`
  return `${engine}\n\n${table(['recording', 'seconds', 'words', 'WER', 'CER', 'cpWER', 'RTF', 'excluded'], rows)}\n\n${total}`
}
