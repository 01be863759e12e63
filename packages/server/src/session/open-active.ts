import { measured } from '../engines/measured.ts'
import type { VoiceTeller } from '../engines/speakers/enrolment.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import type { AudioLog, SessionRecord } from '../store/store.ts'
import { ActiveSession, type ActiveSessionOptions } from './active-session.ts'
import { prepareAssistant } from './answering/open-assistant.ts'
import { Hearing, type HearingEvent, type HearingOptions } from './hearing.ts'
import { LiveVoices } from './live-voices.ts'
import type { SessionConfig } from './service.ts'
import type { SessionEngines, SessionsOptions } from './sessions-options.ts'

/** Puts a live session together: its audio log, what listens to it and what answers. */

/** Where hearing goes on after a restart. */
export interface Resumed {
  listenFromMs: number
  firstUtterance: number
  storedGaps: number
}

export interface OpenActiveOptions
  extends Pick<SessionsOptions, 'store' | 'clock' | 'engines' | 'endpointing' | 'timeZone' | 'assistant' | 'tellVoices'>,
    Pick<ActiveSessionOptions, 'publish' | 'onEnd' | 'onDetach'> {
  /** After a restart; null for a new session. */
  resumed: Resumed | null
  /** Whether it is heard while it lasts. */
  listens: boolean
  /** Told how fast the live recognizer was, seconds of work per second of audio. */
  onMeasured: (realTimeFactor: number) => void
}

export async function openActive(
  record: SessionRecord,
  config: SessionConfig,
  decoder: AudioDecoder,
  options: OpenActiveOptions,
): Promise<ActiveSession> {
  const log = await options.store.audio.open(record.id)
  try {
    return await openOn(log, record, config, decoder, options)
  } catch (error) {
    await log.close().catch(() => {}) // else nobody could open it again
    throw error
  }
}

async function openOn(
  log: AudioLog,
  record: SessionRecord,
  config: SessionConfig,
  decoder: AudioDecoder,
  options: OpenActiveOptions,
): Promise<ActiveSession> {
  const { store, clock, engines, endpointing, timeZone, assistant, listens, resumed } = options
  const answers = config.mode === 'assistant' && listens
  if (!listens) decoder.free()
  const teller = answers ? ((await options.tellVoices?.(record.owner)) ?? null) : null
  const makeAssistant = answers
    ? await prepareAssistant({ store, clock, engines, timeZone, ...assistant }, record.id, record.owner, config)
    : null
  const source = {
    get appendedBytes() {
      return log.appendedBytes
    },
    flush: () => log.flush(),
    read: (from: number) => store.audio.read(record.id, from),
  }
  const makeHearing = (emit: (event: HearingEvent) => void, tap: HearingOptions['tap']): Hearing => {
    const { liveAsr, vad, diarizer } = engines()
    return new Hearing({
      tap,
      decoder,
      vad: vad.open(),
      asr: measured(liveAsr, ({ realTimeFactor, failed }) => failed || options.onMeasured(realTimeFactor)),
      source,
      endpointing: { ...endpointing, ...config.endpointing },
      language: config.language,
      hotwords: config.hotwords,
      voices: liveVoices({ liveAsr, diarizer }, config, teller, { isNew: !resumed, emit }),
      emit,
      ...resumed,
    })
  }
  return new ActiveSession({
    id: record.id,
    config,
    log,
    store,
    clock,
    tier: record.tier,
    endpointing,
    makeHearing: listens ? makeHearing : null,
    makeAssistant,
    publish: options.publish,
    onEnd: options.onEnd,
    onDetach: options.onDetach,
  })
}

/** Labels for voices as they are heard. After a restart nobody knows any more whose voice S1 was. */
function liveVoices(
  { liveAsr, diarizer }: Pick<SessionEngines, 'liveAsr' | 'diarizer'>,
  config: SessionConfig,
  teller: VoiceTeller | null,
  { isNew, emit }: { isNew: boolean; emit: (event: HearingEvent) => void },
): LiveVoices | undefined {
  const voices = diarizer?.voices
  const labels = config.diarize !== false && isNew && !liveAsr.capabilities.speakers
  if (!voices || (!labels && !teller)) return undefined
  return new LiveVoices({ voices, labels, teller, onError: (error) => emit({ type: 'error', error, item: 'speakers' }) })
}
