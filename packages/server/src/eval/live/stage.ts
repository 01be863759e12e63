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
import { createFakeClock, type FakeClock } from '../../std/fake-clock.ts'
import type { Lane, Scenario } from './scenario.ts'
import { buzzReader, buzzTts, dyingTts, energyVad, OWNER_VOICE, type Placed, scriptedAsr } from './scripted-engines.ts'
import { startScriptedLlm } from './scripted-llm.ts'
import { Work } from './work.ts'

/** One server for all scenarios of a lane, on a clock that moves only when everything that was asked of engines is done. */

export interface Stage extends AsyncDisposable {
  readonly app: App
  readonly clock: FakeClock
  /** Prompts that a scripted language model got, whole. */
  readonly asked: readonly string[]
  /** Calls that reached the scripted HTTP tool. */
  readonly toolCalls: readonly string[]
  /** What the next session is about; `placed` is what its microphone will have heard. */
  set(scenario: Scenario, placed: () => readonly Placed[]): void
  /** Waits, in real time, until nothing is being worked on. */
  settle(): Promise<void>
}

/** Real time after which a step that does not come to rest is a fault. */
const SETTLE_LIMIT_MS = 15_000
const STALL_MS = 8000

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

/** The scripted lanes: the language model is a script, and on `decisions` so are ears and voice. */
export async function openStage(lane: Exclude<Lane, 'models'>): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const clock = createFakeClock(Date.UTC(2026, 10, 20, 17, 0, 0))
  const script = stack.use(await startScriptedLlm(clock))
  const chat = stack.use(await openChatLlm({ baseUrl: script.url, maxRetries: 0, timeoutMs: 3_600_000 }))
  const work = new Work()
  const llm = work.llm(chat)
  let scenario: Scenario | null = null
  let placed: () => readonly Placed[] = () => []
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
    dataDir: await tempDir(stack),
    models: { watchMs: 0, fetch: 'never' },
    log: { sessionStatsMs: 0 },
    voices: { enrolment: true },
    assistant: {
      stallMs: STALL_MS,
      tools: {
        luz: { kind: 'http', description: 'Enciende la luz.', url: script.toolUrl, effect: 'mutating' },
        consulta: { kind: 'http', description: 'Consulta un dato.', url: script.toolUrl, effect: 'read' },
      },
    },
  }
  const app = stack.use(await openApp(ConfigSchema.parse(config), { log: pino({ level: 'silent' }), clock, wrapEngines }))
  await app.store.documents.put('', 'voice-profile:owner', OWNER_PROFILE)
  const isBusy = stack.use(watchWork(app))
  const kept = stack.move()
  return {
    app,
    clock,
    asked: script.asked,
    toolCalls: script.toolCalls,
    set(next, words) {
      scenario = next
      placed = words
      script.script(next.llm, next.httpTool?.ms ?? 0)
      script.asked.length = 0
      script.toolCalls.length = 0
    },
    settle: () => settle(() => isBusy.now() || work.busy > script.waiting, SETTLE_LIMIT_MS),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** A folder that is gone with the stage. */
export async function tempDir(stack: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-live-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Resolves when nothing has been busy for a while. @throws Error after `limitMs` of real time */
export async function settle(isBusy: () => boolean, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs
  for (let calm = 0; calm < 3; ) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!isBusy()) calm += 1
    else {
      calm = 0
      await sleep(1)
      if (performance.now() > until) throw new Error('the server does not come to rest')
    }
  }
}

/** What a server is doing beside its engines' streams: calls of engine processes, reads of what is stored, sound not yet heard. */
export function watchWork(app: App): Disposable & { now(): boolean } {
  let calls = 0
  const begun = (): void => {
    calls += 1
  }
  const ended = (): void => {
    calls -= 1
  }
  ENGINE_CALL_STARTED.subscribe(begun)
  ENGINE_CALL_ENDED.subscribe(ended)
  // an answer may stand on what is stored
  const read = (change: 1 | -1): void => {
    calls += change
  }
  countCalls(app.store.segments, 'list', read)
  countCalls(app.store.documents, 'get', read)
  countCalls(app.store.frames, 'image', read)
  return {
    now: () => calls > 0 || app.sessions.status().some((session) => session.lagSeconds > 0.032),
    [Symbol.dispose]() {
      ENGINE_CALL_STARTED.unsubscribe(begun)
      ENGINE_CALL_ENDED.unsubscribe(ended)
    },
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
