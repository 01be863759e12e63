import { countsAsSaid } from '@vigia/protocol'
import type { Clock } from '../../std/clock.ts'
import type { Store } from '../../store/store.ts'
import type { AssistantHost } from '../active-session.ts'
import type { AssistantSettings, TurnTrace } from '../assistant.ts'
import type { SessionConfig } from '../service.ts'
import type { TurnOptions } from '../turn/types.ts'
import { Assistant } from './assistant.ts'
import type { AssistantEngines } from './assistant-options.ts'
import { builtinTools } from './builtin-tools.ts'
import type { ConversationState } from './conversation.ts'
import { openLlmAnswerer } from './llm-answerer.ts'
import { openRulesAnswerer } from './rules.ts'
import type { AssistantTool } from './tools.ts'

/** The assistant of one session with everything it stands on. */

export interface AssistantDeps {
  store: Store
  clock: Clock
  engines: () => AssistantEngines
  timeZone: string
  /** Tools of the configuration. */
  tools?: readonly AssistantTool[]
  /** Defaults of this server; what a session asks for goes before. */
  settings?: Partial<AssistantSettings>
  turn?: Partial<TurnOptions>
  /** Longest wait for a language model's next token. */
  stallMs?: number
  frameWaitMs?: number
  /** Told of each answer's times, for metrics. */
  onTrace?: (trace: TurnTrace) => void
}

/** Documents of the session: its conversation, and what it was asked to remember. */
const CONVERSATION = 'conversation'
const NOTES = 'notes'
/** Where the time of each answer went, newest last. */
export const TURNS = 'turns'
const MAX_TURNS = 500

const STALL_MS = 15_000
const PROGRESS_MS = 900
const MAX_NOTES = 200

/** Reads what an earlier run of the server kept; gives the maker of the assistant. */
export async function prepareAssistant(
  deps: AssistantDeps,
  sessionId: string,
  owner: string | null,
  config: SessionConfig,
): Promise<(host: AssistantHost) => Assistant> {
  const { store, clock, timeZone } = deps
  const conversation = await store.documents.get<ConversationState>(sessionId, CONVERSATION)
  const traces = (await store.documents.get<TurnTrace[]>(sessionId, TURNS)) ?? []
  return (host) => {
    const engines = deps.engines()
    const said = async () => (await store.segments.list(sessionId)).filter(countsAsSaid)
    const remember = async (what: string): Promise<void> => {
      const notes = (await store.documents.get<string[]>(sessionId, NOTES)) ?? []
      await store.documents.put(sessionId, NOTES, [...notes, what].slice(-MAX_NOTES))
    }
    const rules = openRulesAnswerer({ said, remember, wallMs: () => clock.wallMs(), timeZone })
    const brain = engines.omni ?? engines.llm
    const assistant: Assistant = new Assistant({
      ...host,
      clock,
      engines,
      language: config.language,
      aec: config.client?.aec ?? 'unknown',
      settings: { ...deps.settings, ...config.assistantSettings },
      ...(deps.turn ? { turn: deps.turn } : {}),
      ...(deps.frameWaitMs === undefined ? {} : { frameWaitMs: deps.frameWaitMs }),
      conversation,
      tools: [
        ...builtinTools({
          frame: () => assistant.newestFrame,
          remember,
          notes: async () => (await store.documents.get<string[]>(sessionId, NOTES)) ?? [],
          search: (query) => store.search(query, { ...(owner === null ? {} : { owner }), limit: 5 }),
          wallMs: () => clock.wallMs(),
          timeZone,
        }),
        ...(deps.tools ?? []),
      ],
      answerer: (tools) =>
        brain
          ? openLlmAnswerer({
              llm: brain,
              tools,
              clock,
              stallMs: deps.stallMs ?? STALL_MS,
              progressMs: PROGRESS_MS,
              omni: brain === engines.omni,
            })
          : rules,
      readFrame: async (frameId) => {
        const image = await store.frames.image(frameId)
        return image?.bytes ?? null
      },
      onTrace: (trace) => {
        deps.onTrace?.(trace)
        traces.push(trace)
        if (traces.length > MAX_TURNS) traces.shift()
        void store.documents.put(sessionId, TURNS, traces).catch(() => {})
      },
      save: (state) => void store.documents.put(sessionId, CONVERSATION, state).catch(() => {}),
    })
    return assistant
  }
}
