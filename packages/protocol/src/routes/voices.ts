import { VoiceList } from '../http.ts'
import { EnrolVoiceBody, SpeakerMatches, VoiceProfileInfo, VoiceProfileList } from '../voice-profiles.ts'
import { done, type HttpRoute, ok } from './route.ts'

/** Voices: those that answer and those that are known. */

export const VOICE_ROUTES: readonly HttpRoute[] = [
  {
    method: 'get',
    path: '/voices',
    tag: 'operations',
    summary: 'Voices that the assistant can speak with',
    answers: ok('voices', VoiceList),
    errors: [],
  },
  {
    method: 'get',
    path: '/voices/profiles',
    tag: 'operations',
    summary: 'People whose voice is known, with their consent; off by default',
    answers: ok('the profiles', VoiceProfileList),
    errors: [],
  },
  {
    method: 'post',
    path: '/voices/profiles',
    tag: 'operations',
    summary: 'Enrol the voice of a speaker of a finished session, with their consent',
    body: { 'application/json': EnrolVoiceBody },
    answers: { 201: { description: 'enrolled', schema: VoiceProfileInfo } },
    errors: ['invalid_request', 'forbidden', 'session_not_found', 'not_found', 'engine_unavailable'],
  },
  {
    method: 'delete',
    path: '/voices/profiles/{id}',
    tag: 'operations',
    summary: 'Forget a known voice, for good',
    answers: done,
    errors: ['not_found', 'forbidden'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/speakers',
    tag: 'sessions',
    summary: 'Whom each speaker is taken for, by the known voices; suggestions included',
    answers: ok('the matches', SpeakerMatches),
    errors: ['session_not_found', 'forbidden', 'not_found', 'engine_unavailable'],
  },
]
