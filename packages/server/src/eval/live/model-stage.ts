import { pino } from 'pino'
import { openApp } from '../../app.ts'
import type { Config } from '../../config/schema.ts'
import type { Engines } from '../../engines/catalog.ts'
import type { Tts } from '../../engines/tts.ts'
import { modelsDirOf } from '../../models/folder.ts'
import { createFakeClock } from '../../std/fake-clock.ts'
import type { Expect, Scenario } from './scenario.ts'
import { type Stage, settle, tempDir, watchWork } from './stage.ts'
import { Work } from './work.ts'

/** The lane `models`: the engines that the configuration names, and of each scenario what does not hang on a script. */

/** What the lane runs on. */
export interface ModelsSetup {
  config: Config
  /** Puts something in the place of engines, for tests. */
  wrapEngines?: (engines: Engines) => Engines
}

export interface ModelStage extends Stage {
  /** The configured voice: it also speaks for the people of a scenario. */
  readonly tts: Tts
}

/** A language model on a CPU thinks for long. */
const SETTLE_LIMIT_MS = 180_000

/** Opens it, or says which models are missing. */
export async function openModelStage({
  config,
  wrapEngines = (own) => own,
}: ModelsSetup): Promise<ModelStage | { missing: string }> {
  await using stack = new AsyncDisposableStack()
  const clock = createFakeClock(Date.now())
  const work = new Work()
  let scenario: Scenario | null = null
  const app = stack.use(
    await openApp(
      {
        ...config,
        host: '127.0.0.1',
        port: 0,
        dataDir: await tempDir(stack),
        modelsDir: modelsDirOf(config),
        access: { ...config.access, mode: 'open' },
        tls: { auto: false, cert: '', key: '' },
        models: { ...config.models, watchMs: 0, fetch: 'never' },
      },
      {
        log: pino({ level: 'silent' }),
        clock,
        wrapEngines: (own) => {
          const engines = wrapEngines(own)
          const [asr, llm, tts] = [
            work.asr(engines.liveAsr),
            engines.llm && work.llm(engines.llm),
            engines.tts && work.tts(engines.tts),
          ]
          return Object.create(engines, {
            liveAsr: { value: asr },
            llm: { get: () => (scenario?.model === false ? null : llm) },
            tts: { value: tts },
          }) as Engines
        },
      },
    ),
  )
  const engines = wrapEngines(app.engines)
  const missing = whatIsMissing(engines)
  if (missing.length > 0) return { missing: `${missing.join('; ')}: see "vigia doctor"` }
  const doing = stack.use(watchWork(app))
  const kept = stack.move()
  return {
    app,
    clock,
    tts: engines.tts!,
    asked: [],
    toolCalls: [],
    set(next) {
      scenario = next
    },
    settle: () => settle(() => doing.now() || work.busy > 0, SETTLE_LIMIT_MS),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Embedded stand-ins are no models. */
function whatIsMissing(engines: Engines): string[] {
  const info = engines.info()
  const why = (port: string): string => (info[port]?.note ? ` (${info[port].note})` : '')
  return [
    ...(engines.liveAsr.id === 'tiny-es' ? ['the recognizer is the demo model'] : []),
    ...(engines.llm ? [] : [`no language model${why('llm')}`]),
    ...(!engines.tts || engines.tts.id === 'espeak' ? [`no voice model${why('tts')}`] : []),
  ]
}

/** Why a scenario says nothing about real models; null when it does. */
export function hangsOnScript({ tts, llm, tools, httpTool, enrolled }: Scenario): string | null {
  if (tts === 'dies' || llm.some(({ hang, fail }) => hang || fail)) return 'its script makes an engine fail'
  if (tools.length > 0 || httpTool) return 'its script says when a tool is called'
  return enrolled ? 'its voices are scripted' : null
}

/** What a real model must do as well: who is answered, when it falls silent, what it asks for. Its words are its own. */
export function withoutScript(expect: Expect, hasModel: boolean): Expect {
  const { answered, ignored, interrupted, stopMs, holdMs, done, resumed, needFrame, spoken, notSpoken } = expect
  const behaviour: Expect = { answered, ignored, interrupted, stopMs, holdMs, done, resumed, needFrame, errors: [] }
  return hasModel ? behaviour : { ...behaviour, spoken, notSpoken }
}
