import type { Clock } from '../../std/clock.ts'
import type { SeenFrame } from '../assistant.ts'
import type { AnswerRequest } from './answerer.ts'
import type { AssistantOptions } from './assistant-options.ts'
import type { Conversation } from './conversation.ts'
import { FRESH_MS, type Frames } from './frames.ts'
import { isAboutSight } from './sight.ts'
import { answerLanguage } from './texts.ts'

/** Everything that an answer stands on: the words, the conversation before them, the newest photo, the sound of the turn. */

export interface QuestionDeps
  extends Pick<AssistantOptions, 'engines' | 'language' | 'receivedMs' | 'recentAudio' | 'readFrame'> {
  clock: Clock
  conversation: Conversation
  frames: Frames
  frameWaitMs: number
  /** Told when a new photo is asked for. */
  onNeed: (need: 'none' | 'stale', maxAgeMs: number) => void
}

/** Sound that an engine which hears by itself gets: what lies before the voice detector's first sign, and the longest. */
const PRE_ROLL_MS = 300
const MAX_AUDIO_MS = 30_000
/** A photo older than this is not shown unless it is asked for. */
const SHOWN_MS = 60_000

export interface Question {
  /** The user's words; empty when an answer was asked for without any, or the recognizer trusts none of them. */
  text: string
  turn: string | null
  /** Where on the timeline they begin; null when nothing was spoken. */
  spokenFromMs: number | null
}

/** Gathers it; a question about what is seen waits for a new photo when the last one is old. Without words the last ones are the question. */
export async function gatherQuestion(
  { text, turn, spokenFromMs }: Question,
  deps: QuestionDeps,
  signal: AbortSignal,
): Promise<Omit<AnswerRequest, 'released'>> {
  const { conversation, frames, engines, language } = deps
  const last = conversation.state.messages.at(-1)
  const asked = text !== '' || last?.role !== 'user' ? text : last.text
  const isInText = asked === text || (turn !== null && last?.turn === turn)
  const aboutSight = isAboutSight(asked)
  if (aboutSight) await freshFrame(deps, signal)
  const { newest } = frames
  const ageMs = newest ? frames.ageMs(newest) : 0
  // an engine that hears by itself may be asked about the photo in words that nobody else understood
  const isShown = aboutSight || (engines.omni != null && text === '' && ageMs <= SHOWN_MS)
  return {
    text: asked,
    language: answerLanguage(language),
    // a turn that was only told earlier belongs to what went before
    history: conversation.history({ turn: text === '' && last?.turn !== turn ? null : turn, last: !isInText }),
    frame: newest ? { seen: newest, jpeg: isShown ? await pictureOf(newest, deps) : null, ageMs } : null,
    aboutSight,
    audio: engines.omni && spokenFromMs !== null ? soundFrom(spokenFromMs, deps) : null,
  }
}

async function freshFrame({ frames, frameWaitMs, onNeed }: QuestionDeps, signal: AbortSignal): Promise<void> {
  const { need } = frames
  if (!need) return
  onNeed(need, FRESH_MS)
  await frames.next(frameWaitMs, signal)
}

/** For an engine that takes images; a photo that cannot be read any more has its observation left. */
async function pictureOf({ frameId }: SeenFrame, { engines, readFrame }: QuestionDeps): Promise<Uint8Array | null> {
  const takesImages = (engines.omni ?? engines.llm)?.capabilities.images ?? false
  return takesImages ? readFrame(frameId).catch(() => null) : null
}

function soundFrom(fromMs: number, { recentAudio, receivedMs }: QuestionDeps): AnswerRequest['audio'] {
  const audio = recentAudio(Math.min(MAX_AUDIO_MS, receivedMs() - fromMs + PRE_ROLL_MS))
  return audio ? { samples: audio.samples, sampleRate: 16_000 } : null
}
