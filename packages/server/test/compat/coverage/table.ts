import { eventsOf, fieldsOf, messagesOf } from './declared.ts'

/**
 * What becomes of every field and event that the official packages declare. The sets name what is supported and what is refused; every
 * other declared name is accepted without effect (fields) or not sent (events of the server).
 */

export type Fate = 'supported' | 'accepted' | 'refused' | 'not sent'

export interface Surface {
  title: string
  /** Names as the packages declare them. */
  declared: string[]
  supported: string[]
  refused: string[]
  /** What unnamed ones are. */
  otherwise: 'accepted' | 'not sent'
  /** A request that has one field more than it needs, to see the fate of that field; null where a socket's tests show it. */
  probe: Probe | null
  /** Where the proof is. */
  proof: string
}

export interface Probe {
  path: string
  form?: boolean
  base: Record<string, unknown>
  /** Values for fields whose type is not text. */
  values: Record<string, unknown>
  /** Where the field stands in the body; the body itself by default. */
  within?: string
  /** In the query instead of the body. */
  query?: boolean
  /** On a socket: in the query of its handshake, or in a `session.update`. */
  by?: 'handshake' | 'update'
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')
const OPENAI = 'openai/resources'
const REALTIME = `${OPENAI}/realtime/realtime.d.ts`
const GENAI = '@google/genai/dist/genai.d.ts'
const DEEPGRAM = '@deepgram/sdk/dist/cjs/api/resources/listen/resources/v1'
/** Features whose result an answer would lack. */
const ABSENT = 'search sentiment summarize topics intents detect_entities profanity_filter'
/** Of the client itself, not of the wire. */
const CLIENT_ONLY = new Set(['protocols', 'headers', 'debug'])
const user = [{ role: 'user', content: 'x' }]
const fn = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const flatFn = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }

export const SURFACES: readonly Surface[] = [
  {
    title: 'OpenAI: POST /v1/chat/completions',
    declared: fieldsOf(`${OPENAI}/chat/completions/completions.d.ts`, 'ChatCompletionCreateParamsBase'),
    supported:
      words(`messages model audio max_completion_tokens max_tokens modalities parallel_tool_calls response_format seed stop store stream
      stream_options temperature tool_choice tools top_p`),
    refused: words('functions n logprobs web_search_options'),
    otherwise: 'accepted',
    proof: 'openai-rest.test.ts',
    probe: {
      path: '/v1/chat/completions',
      base: { model: 'x', messages: user },
      values: {
        messages: user,
        audio: { voice: 'alloy', format: 'wav' },
        frequency_penalty: 0.1,
        functions: [{ name: 'f' }],
        logit_bias: {},
        logprobs: true,
        max_completion_tokens: 9,
        max_tokens: 9,
        metadata: {},
        modalities: ['text'],
        moderation: {},
        n: 2,
        parallel_tool_calls: true,
        prediction: null,
        presence_penalty: 0.1,
        prompt_cache_options: {},
        response_format: { type: 'text' },
        seed: 1,
        store: false,
        stream: false,
        stream_options: { include_usage: true },
        temperature: 0.5,
        tools: [fn],
        tool_choice: 'auto',
        top_logprobs: 0,
        top_p: 0.5,
        web_search_options: {},
        function_call: 'none',
      },
    },
  },
  {
    title: 'OpenAI: POST /v1/responses',
    declared: fieldsOf(`${OPENAI}/responses/responses.d.ts`, 'ResponseCreateParamsBase'),
    supported: words(
      `input instructions max_output_tokens metadata model parallel_tool_calls previous_response_id store stream temperature text tool_choice
      tools top_p`,
    ),
    refused: words('background conversation prompt top_logprobs'),
    otherwise: 'accepted',
    proof: 'openai-rest.test.ts',
    probe: {
      path: '/v1/responses',
      base: { model: 'x', input: 'x' },
      values: {
        background: true,
        context_management: [],
        conversation: 'c',
        include: [],
        max_output_tokens: 9,
        max_tool_calls: 1,
        metadata: {},
        moderation: {},
        parallel_tool_calls: true,
        prompt: {},
        prompt_cache_options: {},
        reasoning: {},
        store: false,
        stream: false,
        stream_options: {},
        temperature: 0.5,
        text: { format: { type: 'text' } },
        tools: [flatFn],
        tool_choice: 'auto',
        top_logprobs: 2,
        top_p: 0.5,
        image: {},
        access_programs: [],
      },
    },
  },
  {
    title: 'OpenAI: POST /v1/audio/transcriptions',
    declared: fieldsOf(`${OPENAI}/audio/transcriptions.d.ts`, 'TranscriptionCreateParamsBase'),
    supported: words('file model keywords language response_format stream timestamp_granularities'),
    refused: words('include known_speaker_names known_speaker_references'),
    otherwise: 'accepted',
    proof: 'openai-rest.test.ts',
    probe: {
      path: '/v1/audio/transcriptions',
      form: true,
      base: { model: 'x' },
      values: {
        include: 'logprobs',
        language: 'es',
        response_format: 'text',
        stream: 'false',
        temperature: '0',
        timestamp_granularities: 'segment',
      },
    },
  },
  {
    title: 'OpenAI: POST /v1/audio/speech',
    declared: fieldsOf(`${OPENAI}/audio/speech.d.ts`, 'SpeechCreateParams'),
    supported: words('input model voice response_format speed stream_format'),
    refused: [],
    otherwise: 'accepted',
    proof: 'openai-rest.test.ts',
    probe: {
      path: '/v1/audio/speech',
      base: { model: 'x', input: 'Hola', voice: 'alloy' },
      values: { response_format: 'pcm', speed: 1, stream_format: 'audio' },
    },
  },
  {
    title: 'OpenAI Realtime: fields of session.update',
    declared: [
      ...fieldsOf(REALTIME, 'RealtimeSessionCreateRequest').filter((field) => field !== 'audio'),
      ...fieldsOf(REALTIME, 'RealtimeAudioConfigInput').map((field) => `audio.input.${field}`),
      ...[...fieldsOf(REALTIME, 'ServerVad'), 'eagerness'].map((field) => `audio.input.turn_detection.${field}`),
      ...fieldsOf(REALTIME, 'AudioTranscription').map((field) => `audio.input.transcription.${field}`),
      ...fieldsOf(REALTIME, 'RealtimeAudioConfigOutput').map((field) => `audio.output.${field}`),
    ],
    supported: words(`type instructions max_output_tokens model output_modalities tool_choice tools truncation audio.input.format
      audio.input.transcription audio.input.turn_detection audio.input.turn_detection.type audio.input.turn_detection.create_response
      audio.input.turn_detection.idle_timeout_ms audio.input.turn_detection.interrupt_response audio.input.turn_detection.prefix_padding_ms
      audio.input.turn_detection.silence_duration_ms audio.input.turn_detection.threshold audio.input.turn_detection.eagerness
      audio.input.transcription.model audio.input.transcription.language audio.input.transcription.keywords audio.output.format
      audio.output.speed audio.output.voice`),
    refused: words('include prompt'),
    otherwise: 'accepted',
    proof: 'realtime-settings.test.ts',
    probe: {
      path: '/v1/realtime?model=x',
      by: 'update',
      base: {},
      values: {
        type: 'realtime',
        include: ['item.input_audio_transcription.logprobs'],
        max_output_tokens: 9,
        output_modalities: ['text'],
        parallel_tool_calls: true,
        prompt: { id: 'x' },
        reasoning: {},
        tool_choice: 'auto',
        tools: [flatFn],
        tracing: 'auto',
        truncation: { type: 'retention_ratio', retention_ratio: 0.5 },
        'audio.input.format': { type: 'audio/pcmu' },
        'audio.input.noise_reduction': { type: 'near_field' },
        'audio.input.transcription': { model: 'whisper-1' },
        'audio.input.turn_detection': null,
        'audio.input.turn_detection.type': 'semantic_vad',
        'audio.input.turn_detection.create_response': false,
        'audio.input.turn_detection.idle_timeout_ms': 6000,
        'audio.input.turn_detection.interrupt_response': false,
        'audio.input.turn_detection.prefix_padding_ms': 200,
        'audio.input.turn_detection.silence_duration_ms': 400,
        'audio.input.turn_detection.threshold': 0.6,
        'audio.input.turn_detection.eagerness': 'low',
        'audio.input.transcription.keywords': ['x'],
        'audio.input.transcription.language': 'es',
        'audio.input.transcription.languages': ['es'],
        'audio.output.format': { type: 'audio/pcm', rate: 24_000 },
        'audio.output.speed': 1.2,
      },
    },
  },
  {
    title: 'OpenAI Realtime: events of the client',
    declared: eventsOf(`${OPENAI}/realtime/realtime.d.ts`, 'RealtimeClientEvent'),
    supported:
      words(`conversation.item.create conversation.item.delete conversation.item.retrieve conversation.item.truncate input_audio_buffer.append
      input_audio_buffer.clear input_audio_buffer.commit response.cancel response.create session.update`),
    refused: [],
    otherwise: 'accepted',
    proof: 'realtime-items.test.ts',
    probe: null,
  },
  {
    title: 'OpenAI Realtime: events of the server',
    declared: eventsOf(`${OPENAI}/realtime/realtime.d.ts`, 'RealtimeServerEvent'),
    supported: words(`conversation.item.added conversation.item.deleted conversation.item.done
      conversation.item.input_audio_transcription.completed conversation.item.input_audio_transcription.delta
      conversation.item.input_audio_transcription.failed conversation.item.input_audio_transcription.segment conversation.item.retrieved
      conversation.item.truncated error input_audio_buffer.cleared input_audio_buffer.committed input_audio_buffer.speech_started
      input_audio_buffer.speech_stopped input_audio_buffer.timeout_triggered response.content_part.added
      response.content_part.done response.created response.done response.function_call_arguments.delta response.function_call_arguments.done
      response.output_audio.delta response.output_audio.done response.output_audio_transcript.delta response.output_audio_transcript.done
      response.output_item.added response.output_item.done response.output_text.delta response.output_text.done session.created session.updated`),
    refused: [],
    otherwise: 'not sent',
    proof: 'realtime.test.ts',
    probe: null,
  },
  {
    title: 'Gemini: generationConfig of generateContent',
    declared: fieldsOf(GENAI, 'GenerationConfig'),
    supported:
      words(`responseJsonSchema maxOutputTokens responseMimeType responseModalities responseSchema seed speechConfig stopSequences temperature
      topP`),
    refused: words('candidateCount responseLogprobs'),
    otherwise: 'accepted',
    proof: 'gemini-rest.test.ts',
    probe: {
      path: '/v1beta/models/x:generateContent',
      base: { contents: [{ parts: [{ text: 'x' }] }] },
      within: 'generationConfig',
      values: {
        audioTimestamp: true,
        candidateCount: 2,
        enableAffectiveDialog: true,
        frequencyPenalty: 0.1,
        logprobs: 1,
        maxOutputTokens: 9,
        presencePenalty: 0.1,
        responseFormat: [],
        responseLogprobs: true,
        responseMimeType: 'text/plain',
        responseModalities: ['TEXT'],
        responseSchema: {},
        responseJsonSchema: {},
        routingConfig: {},
        modelSelectionConfig: {},
        audioTranscriptionConfig: {},
        seed: 1,
        speechConfig: {},
        stopSequences: ['y'],
        temperature: 0.5,
        thinkingConfig: { thinkingBudget: 0 },
        topK: 3,
        topP: 0.5,
        enableEnhancedCivicAnswers: false,
        translationConfig: {},
      },
    },
  },
  {
    title: 'Gemini Live: fields of setup',
    declared: fieldsOf(GENAI, 'LiveClientSetup'),
    supported:
      words(`model generationConfig systemInstruction tools realtimeInputConfig sessionResumption inputAudioTranscription outputAudioTranscription
      contextWindowCompression explicitVadSignal`),
    refused: words('avatarConfig'),
    otherwise: 'accepted',
    proof: 'gemini-live-settings.test.ts',
    probe: null,
  },
  {
    title: 'Gemini Live: fields of realtimeInputConfig',
    declared: [
      ...fieldsOf(GENAI, 'RealtimeInputConfig'),
      ...fieldsOf(GENAI, 'AutomaticActivityDetection').map((field) => `automaticActivityDetection.${field}`),
    ],
    supported:
      words(`automaticActivityDetection activityHandling interimTranscriptTimestampEnabled automaticActivityDetection.disabled
      automaticActivityDetection.startOfSpeechSensitivity automaticActivityDetection.endOfSpeechSensitivity
      automaticActivityDetection.prefixPaddingMs automaticActivityDetection.silenceDurationMs`),
    refused: [],
    otherwise: 'accepted',
    proof: 'gemini-live-settings.test.ts',
    probe: null,
  },
  {
    title: 'Gemini Live: messages of the client',
    declared: [
      ...fieldsOf(GENAI, 'LiveClientMessage'),
      ...fieldsOf(GENAI, 'LiveClientRealtimeInput').map((field) => `realtimeInput.${field}`),
    ],
    supported:
      words(`setup clientContent realtimeInput toolResponse contextUpdate realtimeInput.mediaChunks realtimeInput.audio realtimeInput.audioStreamEnd
      realtimeInput.video realtimeInput.text realtimeInput.activityStart realtimeInput.activityEnd`),
    refused: [],
    otherwise: 'accepted',
    proof: 'gemini-live.test.ts',
    probe: null,
  },
  {
    title: 'Gemini Live: messages of the server',
    declared: [
      ...fieldsOf(GENAI, 'LiveServerMessage'),
      ...fieldsOf(GENAI, 'LiveServerContent').map((field) => `serverContent.${field}`),
    ],
    supported:
      words(`setupComplete serverContent toolCall toolCallCancellation usageMetadata goAway sessionResumptionUpdate voiceActivity
      serverContent.modelTurn serverContent.turnComplete serverContent.interrupted serverContent.generationComplete serverContent.inputTranscription
      serverContent.interimInputTranscription serverContent.outputTranscription serverContent.waitingForInput`),
    refused: [],
    otherwise: 'not sent',
    proof: 'gemini-live.test.ts',
    probe: null,
  },
  {
    title: 'Deepgram: query of POST /v1/listen',
    declared: fieldsOf(
      `${DEEPGRAM}/resources/media/client/requests/MediaTranscribeRequestOctetStream.d.ts`,
      'MediaTranscribeRequestOctetStream',
    ).filter((field) => !['body', 'requestOptions'].includes(field)),
    supported:
      words(`model language encoding multichannel punctuate smart_format diarize diarize_model utterances utt_split paragraphs
      detect_language keyterm keywords tag mip_opt_out`),
    refused: words(`callback redact replace ${ABSENT}`),
    otherwise: 'accepted',
    proof: 'deepgram.test.ts',
    probe: {
      path: '/v1/listen',
      query: true,
      base: {},
      values: {
        encoding: 'flac',
        language: 'es',
        utt_split: '0.5',
        callback: 'http://x',
        redact: 'pci',
        replace: 'a:b',
        multichannel: 'false',
        detect_language: 'true',
      },
    },
  },
  {
    title: 'Deepgram: query of WS /v1/listen',
    declared: fieldsOf(`${DEEPGRAM}/client/Client.d.ts`, 'ConnectArgs').filter(
      (field) => /^[a-z_]+$/.test(field) && !CLIENT_ONLY.has(field),
    ),
    supported:
      words(`model language encoding sample_rate channels multichannel interim_results punctuate smart_format diarize diarize_model vad_events
      endpointing utterance_end_ms keyterm keywords mip_opt_out`),
    refused: words('callback redact replace search detect_entities profanity_filter'),
    otherwise: 'accepted',
    proof: 'deepgram.test.ts',
    probe: {
      path: '/v1/listen',
      by: 'handshake',
      base: { interim_results: 'true', encoding: 'linear16', sample_rate: '16000' },
      values: {
        encoding: 'mulaw',
        sample_rate: '8000',
        channels: '1',
        language: 'es',
        utterance_end_ms: '1000',
        endpointing: '300',
      },
    },
  },
  {
    title: 'Deepgram: messages of WS /v1/listen, of client and server',
    declared: messagesOf(`${DEEPGRAM}/types`, 'ListenV1'),
    supported: words('CloseStream Finalize KeepAlive Metadata Results SpeechStarted UtteranceEnd'),
    refused: [],
    otherwise: 'not sent',
    proof: 'deepgram.test.ts',
    probe: null,
  },
  {
    title: 'Deepgram: fields of Results',
    declared: fieldsOf(`${DEEPGRAM}/types/ListenV1Results.d.ts`, 'ListenV1Results'),
    supported: words('type channel_index duration start is_final speech_final channel metadata from_finalize'),
    refused: [],
    otherwise: 'not sent',
    proof: 'deepgram.test.ts',
    probe: null,
  },
  {
    title: 'Deepgram: fields of Metadata',
    declared: fieldsOf(`${DEEPGRAM}/types/ListenV1Metadata.d.ts`, 'ListenV1Metadata'),
    supported: words('type transaction_key request_id sha256 created duration channels'),
    refused: [],
    otherwise: 'not sent',
    proof: 'deepgram.test.ts',
    probe: null,
  },
]

/** Refused in some values only: the field itself is supported. */
export const PARTLY = new Set(['previous_response_id'])

export function fateOf(surface: Surface, name: string): Fate {
  if (surface.supported.includes(name)) return 'supported'
  return surface.refused.includes(name) ? 'refused' : surface.otherwise
}

/** `docs/compatibility.md` */
export function renderTable(): string {
  const sections = SURFACES.map((surface) => {
    const rows = [...surface.declared].sort().map((name) => `| \`${name}\` | ${fateOf(surface, name)} |`)
    return `## ${surface.title}\n\nShown by \`packages/server/test/compat/${surface.proof}\`${surface.probe ? ' and, field by field, `coverage.test.ts`' : ''}.\n\n| name | here |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return `${INTRO}\n${sections.join('\n')}`
}

const INTRO = `# Compatibility

What becomes of every field and event that the official packages declare: \`openai\`, \`@openai/agents\`, \`@google/genai\`, \`@deepgram/sdk\` in the
versions of \`package.json\`. This page is generated from the tests: \`VIGIA_UPDATE_DOCS=1 npx vitest run packages/server/test/compat/coverage.test.ts\`.

- **supported**: has its effect, or is sent.
- **accepted**: taken without effect, and told once in the log by name.
- **refused**: an error of that API, because ignoring it would be silently wrong.
- **not sent**: the client knows this event; this server has no occasion for it.

Any model name is served by what is loaded, unless \`compat.strictModels\` is set; \`compat.models\` adds names to the list. Everything that comes in
is kept as a session or photo like a native one. Nothing is kept of a request with \`x-vigia-store: false\` (header), \`vigia_store=false\` (query), OpenAI's
\`store: false\` or Deepgram's \`mip_opt_out=true\`, of a key made with \`vigia keys create --no-store\`, or of any with \`compat.store=false\`. No other host is ever asked for a picture, a recording or a callback. Other routes of these APIs answer 501 (or 400 at Deepgram) in their own shape.

Without a language model a picture gets its measured description, a recording its transcript, a text what the rules can say; anything else is that API's
"unavailable" error with a hint. Function calls, JSON schemas and translations need a language model, speech a voice.

Live: OpenAI's \`turn_detection: null\` collects audio until \`commit\`; every setting of \`session.update\` holds from where the stream is then, the input
format, language and keywords only before the first audio. \`conversation.item.delete\` takes an item out of what the model is shown, not out of the
recording; what a summary of a long conversation has taken up stays in it. Functions that a model calls at once come in one response (OpenAI) or one
\`toolCall\` (Gemini) and are answered in any order. Gemini's \`contextWindowCompression\` and OpenAI's \`truncation\` bound the history, within what the
model has room for. The official Realtime classes speak \`wss:\` only: serve TLS (\`tls.auto\`), or see [the migration page](migrate-openai.md).

Deepgram's \`diarize\` numbers the voices while they speak, by the loaded diarizer: final words have their speaker, interim words none yet. An
\`endpointing\` under 200 ms takes the server's own. A recording that a request waits for does not queue behind sessions that are being finished.
`
