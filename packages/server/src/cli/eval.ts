import { VigiaError } from '@vigia/protocol'

/** `vigia eval WHAT`: measures engines on data of your own. */

const EVALUATIONS: Readonly<Record<string, { summary: string; run: (argv: string[]) => Promise<number> }>> = {
  asr: {
    summary: 'words of recordings against what was said (WER, CER, cpWER, speed)',
    run: async (argv) => (await import('./eval-asr.ts')).evalAsr(argv),
  },
  diarization: {
    summary: 'speakers of recordings against who spoke when (DER, speed)',
    run: async (argv) => (await import('./eval-diarization.ts')).evalDiarization(argv),
  },
  live: {
    summary: 'scripted conversations: interruptions, coughs, echo, tools, photos',
    run: async (argv) => (await import('./eval-live.ts')).evalLive(argv),
  },
  report: {
    summary: 'reports of gold sessions: tasks, decisions, risks, evidence, by rules and by a language model',
    run: async (argv) => (await import('./eval-report.ts')).evalReport(argv),
  },
  vision: {
    summary: 'descriptions of photos against what they show',
    run: async (argv) => (await import('./eval-vision.ts')).evalVision(argv),
  },
}

const HELP = `vigia eval WHAT --data DIR [options] [settings]

${Object.entries(EVALUATIONS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}`

export async function evaluate([what, ...rest]: string[]): Promise<number> {
  if (what === undefined || what === '--help' || what === '-h') {
    console.log(HELP)
    return what === undefined ? 2 : 0
  }
  const evaluation = Object.hasOwn(EVALUATIONS, what) ? EVALUATIONS[what] : undefined
  if (evaluation) return evaluation.run(rest)
  const known = Object.keys(EVALUATIONS).join(', ')
  throw new VigiaError('config_invalid', `Expected something to evaluate (${known}), got "${what}".`)
}
