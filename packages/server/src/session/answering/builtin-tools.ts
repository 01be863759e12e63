import type { SearchHit } from '../../store/store.ts'
import type { SeenFrame } from '../assistant.ts'
import type { AssistantTool } from './tools.ts'

/** The tools every assistant has: look, remember, search my sessions, time. None of them leaves the machine. */

export interface BuiltinToolDeps {
  frame: () => { seen: SeenFrame; ageMs: number } | null
  remember: (what: string) => Promise<void>
  notes: () => Promise<string[]>
  search: (query: string) => Promise<SearchHit[]>
  wallMs: () => number
  timeZone: string
}

const object = (properties: Record<string, unknown>, required: string[] = []): Record<string, unknown> => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

export const builtinTools = (deps: BuiltinToolDeps): AssistantTool[] => [
  {
    name: 'look',
    description: 'Describes the latest photo of the camera and says how old it is.',
    parameters: object({}),
    effect: 'read',
    run: () => {
      const frame = deps.frame()
      if (!frame) return Promise.resolve('There is no photo.')
      const { description, text_visible, objects } = frame.seen.observation
      return Promise.resolve(
        JSON.stringify({ age_seconds: Math.round(frame.ageMs / 1000), description, objects, text: text_visible }),
      )
    },
  },
  {
    name: 'remember',
    description: 'Keeps a note of this session.',
    parameters: object({ what: { type: 'string' } }, ['what']),
    effect: 'mutating',
    run: async ({ what }, { commit }) => {
      commit()
      await deps.remember(String(what).slice(0, 500))
      return 'Noted.'
    },
  },
  {
    name: 'notes',
    description: 'Lists what was to be remembered in this session.',
    parameters: object({}),
    effect: 'read',
    run: async () => JSON.stringify(await deps.notes()),
  },
  {
    name: 'search_sessions',
    description: 'Searches the transcripts of earlier sessions.',
    parameters: object({ query: { type: 'string' } }, ['query']),
    effect: 'read',
    run: async ({ query }) => {
      const hits = await deps.search(String(query).slice(0, 200))
      // the marks around a hit are for pages, not for a model
      return JSON.stringify(
        hits.map(({ sessionId, start, speaker, snippet }) => ({
          session: sessionId,
          at: start,
          speaker,
          text: snippet.replace(/[\ue000\ue001]/g, ''),
        })),
      )
    },
  },
  {
    name: 'time',
    description: 'The date and time here.',
    parameters: object({}),
    effect: 'read',
    run: () =>
      Promise.resolve(
        new Intl.DateTimeFormat('en-GB', { timeZone: deps.timeZone, dateStyle: 'full', timeStyle: 'short' }).format(
          deps.wallMs(),
        ),
      ),
  },
]
