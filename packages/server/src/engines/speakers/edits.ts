/** What people do to speakers after the fact: rename, merge, split. Data operations that can be undone. Pure. */

export interface Labelled {
  id: string
  speaker?: string
}

export type SpeakerEdit =
  | { kind: 'rename'; speaker: string; name: string | null }
  | { kind: 'merge'; from: string; into: string }
  /** Gives these segments to a new speaker, or to one that exists. */
  | { kind: 'split'; segments: readonly string[]; speaker?: string }

export interface SpeakerState<S extends Labelled> {
  segments: readonly S[]
  names: Readonly<Record<string, string>>
}

/** The state after an edit, and the edit's undoing as the state before. */
export function applyEdit<S extends Labelled>(state: SpeakerState<S>, edit: SpeakerEdit): SpeakerState<S> {
  switch (edit.kind) {
    case 'rename':
      return { ...state, names: renamed(state.names, edit.speaker, edit.name) }
    case 'merge': {
      const segments = state.segments.map((segment) =>
        segment.speaker === edit.from ? { ...segment, speaker: edit.into } : segment,
      )
      const kept = state.names[edit.into] ?? state.names[edit.from]
      return { segments, names: renamed(renamed(state.names, edit.from, null), edit.into, kept ?? null) }
    }
    case 'split': {
      const speaker = edit.speaker ?? nextSpeaker(state.segments)
      const chosen = new Set(edit.segments)
      return { ...state, segments: state.segments.map((segment) => (chosen.has(segment.id) ? { ...segment, speaker } : segment)) }
    }
  }
}

function renamed(names: Readonly<Record<string, string>>, speaker: string, name: string | null): Record<string, string> {
  const { [speaker]: _before, ...others } = names
  return name === null ? others : { ...others, [speaker]: name }
}

function nextSpeaker(segments: readonly Labelled[]): string {
  const numbers = segments.map(({ speaker }) => Number(/^S(\d+)$/.exec(speaker ?? '')?.[1] ?? 0))
  return `S${Math.max(0, ...numbers) + 1}`
}
