import { createHash, randomUUID } from 'node:crypto'
import { VigiaError } from '@vigia/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { abortedWith, type CompatDeps, callerOf, keptUnless } from '../compat/deps.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { resolveModel } from '../compat/models.ts'
import { type FinishedTranscript, transcribeUpload } from '../compat/transcribe.ts'
import { splitUpload } from './channels.ts'
import { LISTEN_FIELDS, type ListenOptions, modelInfo, readListen } from './options.ts'
import { confidenceOf, SpeakerNumbers, toParagraphs, toUtterances, toWords, transcriptOf } from './transcript.ts'

/** `POST /v1/listen`: a recording in the body. */

export function prerecordedHandler(deps: CompatDeps, fields: FieldLog) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const query = request.query as Record<string, unknown>
    const options = readListen(query)
    const caller = keptUnless(callerOf(request, deps), options.optOut)
    fields.unused('deepgram.listen', query, LISTEN_FIELDS)
    const bytes = bodyOf(request)
    const model = resolveModel(options.model, 'transcription', deps)
    const upload = { bytes, raw: options.raw ?? undefined }
    const channels = options.multichannel ? splitUpload(upload) : [upload]
    const signal = abortedWith(reply)
    const transcripts: FinishedTranscript[] = []
    for (const channel of channels) {
      const language = options.detectLanguage ? undefined : options.language
      const asked = { ...channel, language, diarize: options.diarize, hotwords: options.keyterms }
      transcripts.push(await transcribeUpload(asked, caller, deps, signal))
    }
    const modelId = uuidOf(model)
    return reply.send({
      metadata: {
        transaction_key: 'deprecated',
        request_id: request.id,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        created: new Date(deps.clock.wallMs()).toISOString(),
        duration: Math.max(...transcripts.map(({ durationMs }) => durationMs)) / 1000,
        channels: channels.length,
        models: [modelId],
        model_info: { [modelId]: modelInfo(model, deps.engines().finalAsr.model) },
        ...(query.tag === undefined ? {} : { tags: [query.tag].flat() }),
      },
      results: resultsOf(transcripts, options),
    })
  }
}

/** Audio, or a mistake told in words. @throws VigiaError `invalid_audio`, `not_supported`, `invalid_json` */
function bodyOf(request: FastifyRequest): Buffer {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    let url: unknown
    try {
      url = (JSON.parse(bytes.toString('utf8')) as { url?: unknown }).url
    } catch (cause) {
      throw new VigiaError('invalid_json', 'Expected {"url"} or audio bytes.', { cause })
    }
    throw new VigiaError(
      'not_supported',
      `A ${url === undefined ? 'JSON body' : 'url'} is not taken: this server fetches nothing from other hosts. Send the audio itself.`,
    )
  }
  if (bytes.length === 0) throw new VigiaError('invalid_audio', 'Expected audio, got 0 bytes.')
  return bytes
}

function resultsOf(transcripts: readonly FinishedTranscript[], options: ListenOptions) {
  const punctuate = options.punctuate || options.paragraphs
  const channels = transcripts.map(({ segments, language }) => {
    const speakers = new SpeakerNumbers()
    const words = segments.flatMap((segment) =>
      toWords(segment, { punctuate, speaker: options.diarize ? (one) => speakers.of(one.speaker) : undefined }),
    )
    return { words, language }
  })
  return {
    channels: channels.map(({ words, language }) => ({
      ...(options.detectLanguage ? { detected_language: language } : {}),
      alternatives: [
        {
          transcript: transcriptOf(words, punctuate),
          confidence: confidenceOf(words),
          words,
          ...(options.paragraphs ? { paragraphs: toParagraphs(words) } : {}),
        },
      ],
    })),
    ...(options.utterances
      ? { utterances: channels.flatMap(({ words }, channel) => toUtterances(words, options.uttSplitMs, channel, randomUUID)) }
      : {}),
  }
}

/** The same name gives the same id. */
export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
