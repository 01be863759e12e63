import { randomUUID } from 'node:crypto'
import { type EnrolVoiceBody, type SpeakerMatches, VigiaError, type VoiceProfileInfo } from '@vigia/protocol'
import type { VoiceReader } from '../engines/speaker-embedder.ts'
import {
  type Clip,
  enrol,
  matchVoice,
  nameSpeakers,
  type VoiceProfile,
  type VoiceTeller,
  voiceTeller,
} from '../engines/speakers/enrolment.ts'
import type { Clock } from '../std/clock.ts'
import type { SessionRecord, Store } from '../store/store.ts'
import { centroidOf, voiceClips } from './voice-clips.ts'

/** Voices that people agreed to have known: enrolled from a finished session, looked for in those that come. */

export interface KnownVoicesOptions {
  store: Store
  clock: Clock
  enabled: boolean
  /** The voice model in use; undefined where the profile has none. */
  voices: () => VoiceReader | undefined
}

type Stored = Omit<VoiceProfile, 'embedding'> & { embedding: number[]; owner: string | null }

const PREFIX = 'voice-profile:'
/** Documents of no session. */
const NOBODY = ''

export class KnownVoices {
  readonly #options: KnownVoicesOptions

  constructor(options: KnownVoicesOptions) {
    this.#options = options
  }

  get enabled(): boolean {
    return this.#options.enabled
  }

  /** @param owner - undefined for all; profiles may be seen and deleted also while this is turned off */
  async list(owner: string | undefined): Promise<VoiceProfileInfo[]> {
    return (await this.#stored(owner)).map(toInfo)
  }

  /** @throws VigiaError `forbidden`, `engine_unavailable`, `invalid_request`, `not_found`, `session_not_live` */
  async enrol(
    session: SessionRecord,
    { name, speaker, consent }: EnrolVoiceBody,
    signal: AbortSignal,
  ): Promise<VoiceProfileInfo> {
    const voices = this.#ready()
    // before any voice is looked at
    if (consent !== 'given') enrol({ id: '', name, consent, model: voices.model, enrolledAt: '' }, [])
    const clips = await this.#clips(session, speaker, voices, signal)
    const enrolledAt = new Date(this.#options.clock.wallMs()).toISOString()
    const profile = enrol({ id: randomUUID(), name, consent, model: voices.model, enrolledAt }, clips)
    const stored: Stored = { ...profile, embedding: [...profile.embedding], owner: session.owner }
    await this.#options.store.documents.put(NOBODY, PREFIX + profile.id, stored)
    return toInfo(stored)
  }

  /** @throws VigiaError `not_found` */
  async remove(id: string, owner: string | undefined): Promise<void> {
    if (!(await this.#stored(owner)).some((profile) => profile.id === id))
      throw new VigiaError('not_found', 'There is no voice profile of this id.', { hint: 'GET /voices/profiles lists them.' })
    await this.#options.store.documents.delete(NOBODY, PREFIX + id)
  }

  /** What each speaker of a session is taken for, suggestions included. @throws VigiaError as `enrol` */
  async match(session: SessionRecord, signal: AbortSignal): Promise<SpeakerMatches['speakers']> {
    const voices = this.#ready()
    const [speakers, profiles] = [await this.#centroids(session, voices, signal), await this.#profiles(session)]
    const known = nameSpeakers(speakers, voices.model, profiles, voices.thresholds)
    return speakers.map(({ speaker, centroid }) => {
      const match = matchVoice(centroid, voices.model, profiles, voices.thresholds)
      if (match.kind === 'unknown') return { speaker, kind: match.kind }
      // A profile names one speaker: whom it fits second best it only suggests.
      const kind = known.has(speaker) ? ('known' as const) : ('suggestion' as const)
      return { speaker, kind, profile_id: match.profile.id, name: match.profile.name, similarity: match.similarity }
    })
  }

  /** Names for the speakers nobody has named; where this is off, none. @throws VigiaError what the voice model throws */
  async names(session: SessionRecord, signal: AbortSignal): Promise<Record<string, string>> {
    if (!this.enabled || !this.#options.voices() || (await this.#profiles(session)).length === 0) return {}
    const known = (await this.match(session, signal)).filter(({ kind }) => kind === 'known')
    return Object.fromEntries(known.map(({ speaker, name }) => [speaker, name!]))
  }

  /** Tells the voices that an owner has enrolled from strangers, as they are now; null where this is off or nobody is enrolled. */
  async teller(owner: string | null): Promise<VoiceTeller | null> {
    const voices = this.#options.voices()
    if (!this.enabled || !voices) return null
    return voiceTeller(voices.model, await this.#profiles({ owner }), voices.thresholds)
  }

  #ready(): VoiceReader {
    const { enabled, voices } = this.#options
    if (!enabled)
      throw new VigiaError('forbidden', 'This server knows no voices: that is off.', {
        hint: 'Its owner turns it on with voices.enrolment, and asks the people first.',
      })
    const reader = voices()
    if (reader) return reader
    throw new VigiaError('engine_unavailable', 'There is no voice model to compare with.', {
      hint: 'Take a profile with the diarizer "sherpa" and fetch its models: "vigia models pull".',
    })
  }

  async #stored(owner: string | undefined): Promise<Stored[]> {
    const documents = await this.#options.store.documents.list<Stored>(NOBODY, PREFIX)
    return documents.map(({ value }) => value).filter((profile) => owner === undefined || (profile.owner ?? '') === owner)
  }

  /** Those of the session's owner. */
  async #profiles(session: Pick<SessionRecord, 'owner'>): Promise<VoiceProfile[]> {
    const stored = await this.#stored(session.owner ?? '')
    return stored.map(({ owner: _, embedding, ...profile }) => ({ ...profile, embedding: Float32Array.from(embedding) }))
  }

  async #clips(session: SessionRecord, speaker: string, voices: VoiceReader, signal: AbortSignal): Promise<Clip[]> {
    const { store } = this.#options
    const spoken = (await store.segments.list(session.id)).filter((segment) => segment.speaker === speaker)
    if (spoken.length === 0) throw new VigiaError('not_found', `Nobody is "${speaker}" in this session.`)
    return voiceClips(store.files, store.audio.pcmPath(session.id), spoken, voices, signal)
  }

  async #centroids(session: SessionRecord, voices: VoiceReader, signal: AbortSignal) {
    const segments = await this.#options.store.segments.list(session.id)
    const labels = [...new Set(segments.flatMap(({ speaker }) => speaker ?? []))].sort()
    const speakers: { speaker: string; centroid: Float32Array }[] = []
    for (const speaker of labels) {
      const centroid = centroidOf(await this.#clips(session, speaker, voices, signal))
      if (centroid) speakers.push({ speaker, centroid })
    }
    return speakers
  }
}

const toInfo = ({ id, name, consent, model, clips, speechMs, enrolledAt }: Stored): VoiceProfileInfo => ({
  id,
  name,
  consent,
  model,
  clips,
  speech: speechMs / 1000,
  enrolled_at: enrolledAt,
})
