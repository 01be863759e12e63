import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type App, openApp } from '../../app.ts'
import { type ConfigInput, ConfigSchema } from '../../config/schema.ts'
import { openChatLlm } from '../../engines/adapters/openai-chat/openai-chat.ts'
import type { Engines } from '../../engines/catalog.ts'
import { ENGINE_CALL_ENDED, ENGINE_CALL_STARTED } from '../../engines/host/engine-process.ts'
import type { Llm } from '../../engines/llm.ts'
import { createFakeClock, type FakeClock } from '../../std/fake-clock.ts'
import type { Lane, Scenario } from './scenario.ts'
import { buzzReader, buzzTts, dyingTts, energyVad, OWNER_VOICE, type Placed, scriptedAsr } from './scripted-engines.ts'
import { type ScriptedLlm, startScriptedLlm } from './scripted-llm.ts'

/** One server for all scenarios of a lane, on a clock that moves only when everything that was asked of engines is done. */

export interface Stage extends AsyncDisposable {
  readonly app: App
  readonly clock: FakeClock
  readonly llm: ScriptedLlm
  readonly lane: Lane
  /** What the next session is about; `placed` is what its microphone will have heard. */
  set(scenario: Scenario, placed: () => readonly Placed[]): void
  /** Waits, in real time, until nothing is being worked on. */
  settle(): Promise<void>
}

/** The user's voice as it is stored when it was enrolled. */
const OWNER_PROFILE = {
  id: 'owner',
  name: 'Ana',
  consent: 'given',
  model: buzzReader.model,
  dimension: buzzReader.dimension,
  embedding: [...OWNER_VOICE],
  clips: 3,
  speechMs: 20_000,
  enrolledAt: '2026-11-20T17:00:00.000Z',
  owner: null,
}

/** Real time after which a step that does not come to rest is a fault. */
const SETTLE_LIMIT_MS = 15_000

export async function openStage(lane: Exclude<Lane, 'models'>): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const clock = createFakeClock(Date.UTC(2026, 10, 20, 17, 0, 0))
  const script = stack.use(await startScriptedLlm(clock))
  const chat = stack.use(await openChatLlm({ baseUrl: script.url, maxRetries: 0, timeoutMs: 3_600_000 }))
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-live-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))

  let scenario: Scenario | null = null
  let placed: () => readonly Placed[] = () => []
  let asking = 0
  const llm = counted(chat, (change) => {
    asking += change
  })
  let calls = 0
  const begun = (): void => {
    calls += 1
  }
  const ended = (): void => {
    calls -= 1
  }
  ENGINE_CALL_STARTED.subscribe(begun)
  ENGINE_CALL_ENDED.subscribe(ended)
  stack.defer(() => {
    ENGINE_CALL_STARTED.unsubscribe(begun)
    ENGINE_CALL_ENDED.unsubscribe(ended)
  })

  const asr = scriptedAsr(() => placed())
  const wrapEngines = (engines: Engines): Engines =>
    Object.create(engines, {
      llm: { get: () => (scenario?.model === false ? null : llm) },
      tts: {
        get: () => {
          const tts = lane === 'decisions' ? buzzTts : engines.tts
          return scenario?.tts === 'dies' && tts ? dyingTts(tts) : tts
        },
      },
      liveAsr: { get: () => (lane === 'decisions' || scenario?.language !== 'es' ? asr : engines.liveAsr) },
      vad: { get: () => (lane === 'decisions' ? energyVad : engines.vad) },
      diarizer: {
        get: () => (scenario?.enrolled && engines.diarizer ? { ...engines.diarizer, voices: buzzReader } : engines.diarizer),
      },
    }) as Engines
  const config: ConfigInput = {
    port: 0,
    profile: 'embedded',
    dataDir,
    models: { watchMs: 0, fetch: 'never' },
    log: { sessionStatsMs: 0 },
    voices: { enrolment: true },
    assistant: {
      stallMs: 8000,
      tools: {
        luz: { kind: 'http', description: 'Enciende la luz.', url: script.toolUrl, effect: 'mutating' },
        consulta: { kind: 'http', description: 'Consulta un dato.', url: script.toolUrl, effect: 'read' },
      },
    },
  }
  const app = stack.use(await openApp(ConfigSchema.parse(config), { log: pino({ level: 'silent' }), clock, wrapEngines }))

  // an answer may stand on what is stored
  let reading = 0
  const count = (change: 1 | -1): void => {
    reading += change
  }
  countCalls(app.store.segments, 'list', count)
  countCalls(app.store.documents, 'get', count)
  countCalls(app.store.frames, 'image', count)

  const busy = (): boolean =>
    calls + reading > 0 || asking > script.waiting || app.sessions.status().some((session) => session.lagSeconds > 0.032)
  await app.store.documents.put('', 'voice-profile:owner', OWNER_PROFILE)
  const kept = stack.move()
  return {
    app,
    clock,
    llm: script,
    lane,
    set(next, words) {
      scenario = next
      placed = words
      script.script(next.llm, next.httpTool?.ms ?? 0)
      script.asked.length = 0
      script.toolCalls.length = 0
    },
    async settle() {
      const until = performance.now() + SETTLE_LIMIT_MS
      for (let calm = 0; calm < 3; ) {
        await new Promise((resolve) => setImmediate(resolve))
        if (!busy()) calm += 1
        else {
          calm = 0
          await sleep(1)
          if (performance.now() > until) throw new Error(`the server does not come to rest: ${calls} calls, ${asking} answers`)
        }
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Counts the calls of a method that are under way. */
function countCalls<K extends string>(
  owner: Record<K, (...args: never[]) => Promise<unknown>>,
  method: K,
  count: (change: 1 | -1) => void,
): void {
  const call = owner[method].bind(owner) as (...args: never[]) => Promise<unknown>
  owner[method] = ((...args: never[]) => {
    count(1)
    return call(...args).finally(() => count(-1))
  }) as (typeof owner)[K]
}

/** The model with its pulls counted: those under way that the script does not hold are work in progress. */
function counted(llm: Llm, count: (change: 1 | -1) => void): Llm {
  return {
    id: llm.id,
    model: llm.model,
    capabilities: llm.capabilities,
    countTokens: (text) => llm.countTokens(text),
    async *generate(request, signal) {
      const iterator = llm.generate(request, signal)[Symbol.asyncIterator]()
      try {
        for (;;) {
          count(1)
          const next = await iterator.next().finally(() => count(-1))
          if (next.done) return
          yield next.value
        }
      } finally {
        await iterator.return?.()
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
