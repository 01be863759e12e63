import type { RecordingUpload, SessionConfig } from './service.ts'

/** A recording is a session that is not heard while it comes in. */
export function uploadConfig(upload: RecordingUpload): SessionConfig {
  return {
    session_id: upload.sessionId,
    encoding: upload.encoding,
    sample_rate: upload.sampleRate,
    channels: upload.channels,
    language: upload.language,
    mode: 'transcribe',
    results: 'end',
    block_ms: 5000,
    diarize: upload.diarize,
    analyze: upload.analyze,
    speakers: upload.speakers,
    ...(upload.consent ? { consent: upload.consent } : {}),
    ...(upload.hotwords?.length ? { hotwords: upload.hotwords } : {}),
    ...(upload.keep === false ? { keep: false } : {}),
  }
}
