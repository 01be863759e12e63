import type { Danger, Observation, PhotoQuality, VigiaError } from '@vigia/protocol'
import type { PreparedPhoto } from '../engines/photo-processor.ts'
import type { ObservationDraft, Vision } from '../engines/vision.ts'
import type { CaptureTime } from './capture-time.ts'
import { judgePhoto } from './gate.ts'

/** Builds observations from what was measured, decided and said. Pure. */

/** What is known of a frame before any engine looked at it. */
export interface FrameFacts {
  frameId: string
  sessionId: string | null
  captured: CaptureTime
  /** Milliseconds on the session timeline. */
  atMs: number | null
  photo: PreparedPhoto
  engine: Pick<Vision, 'id' | 'model' | 'method'>
  language: string
  prompt?: string | undefined
}

export const EMPTY_DRAFT: ObservationDraft = {
  description: '',
  people: [],
  objects: [],
  text_visible: [],
  surroundings: '',
  activities: [],
  dangers: [],
  suggestions: [],
  uncertain: [],
}

/** The observation of a frame that was stored and not yet described. */
export function pendingObservation(facts: FrameFacts, timings: Observation['timings']): Observation {
  const { photo, engine } = facts
  return {
    ...structuredClone(EMPTY_DRAFT),
    frame_id: facts.frameId,
    session_id: facts.sessionId,
    captured_at: facts.captured.at.toISOString(),
    captured_by: facts.captured.by,
    at: facts.atMs === null ? null : facts.atMs / 1000,
    size: [photo.width, photo.height],
    language: facts.language,
    ...(facts.prompt ? { prompt: facts.prompt } : {}),
    status: 'pending',
    uncertain: facts.captured.skew ? [skewNote(facts.captured.skew, facts.language)] : [],
    quality: qualityOf(photo),
    engine: { id: engine.id, model: engine.model, method: engine.method },
    timings,
  }
}

function skewNote({ between, ms }: NonNullable<CaptureTime['skew']>, language: string): string {
  const minutes = Math.round(Math.abs(ms) / 60_000)
  const english = language.toLowerCase().startsWith('en')
  if (between === 'camera and client')
    return english
      ? `The clocks of camera and client are ${minutes} min apart.`
      : `Los relojes de la cámara y del cliente difieren en ${minutes} min.`
  return english
    ? `The photo's time lies ${minutes} min ahead of the server's clock.`
    : `La hora de la foto va ${minutes} min por delante del reloj del servidor.`
}

function qualityOf(photo: PreparedPhoto): PhotoQuality {
  return { ...judgePhoto(photo), light: photo.light, sharpness: photo.sharpness, colors: photo.colors }
}

/** Puts what an engine said into a pending observation. */
export function describedObservation(
  pending: Observation,
  draft: ObservationDraft,
  timings: Observation['timings'],
): Observation {
  const uncertain = [...pending.uncertain, ...draft.uncertain.filter((doubt) => !pending.uncertain.includes(doubt))]
  return { ...pending, ...draft, uncertain, dangers: draft.dangers.map(temperDanger), status: 'done', timings }
}

/** A high severity needs more than a low certainty. */
function temperDanger(danger: Danger): Danger {
  return danger.severity === 'high' && danger.certainty === 'low' ? { ...danger, severity: 'medium' } : danger
}

/** The observation of a frame that is stored and was not described; its text names the stage that failed. */
export function failedObservation(
  pending: Observation,
  error: VigiaError,
  language: string,
  timings: Observation['timings'],
): Observation {
  const status = error.code === 'vision_superseded' ? 'superseded' : 'failed'
  const english = language.toLowerCase().startsWith('en')
  const texts = {
    superseded: english
      ? 'The photo is stored; it was not described because a newer one came.'
      : 'La foto está guardada; no se describió porque llegó otra más nueva.',
    failed: english
      ? `The photo is stored, but it could not be described (stage: ${stageOf(error)}).`
      : `La foto está guardada, pero no se pudo describir (etapa: ${stageOf(error)}).`,
  }
  return { ...pending, status, description: texts[status], timings }
}

/** The stage of a failure after the photo was stored. */
function stageOf(error: VigiaError): 'queue' | 'store' | 'model' {
  if (error.code === 'rate_limited' || error.code === 'aborted') return 'queue'
  return error.code.startsWith('storage') ? 'store' : 'model'
}

/** What an earlier observation said, without its ids, times and quality. */
export function draftOf(observation: Observation): ObservationDraft {
  const { description, people, objects, text_visible, surroundings, activities, dangers, suggestions, uncertain } = observation
  return structuredClone({
    description,
    people,
    objects,
    text_visible,
    surroundings,
    activities,
    dangers,
    suggestions,
    uncertain,
  })
}
