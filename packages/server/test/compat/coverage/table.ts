import { eventsOf, fieldsOf } from './declared.ts'

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
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')
const OPENAI = 'openai/resources'
const GENAI = '@google/genai/dist/genai.d.ts'
const DEEPGRAM = '@deepgram/sdk/dist/cjs/api/resources/listen/resources/v1'
const user = [{ role: 'user', content: 'x' }]
const fn = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const flatFn = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }

export const SURFACES: readonly Surface[] = [
  {
    title: 'OpenAI: POST /v1/chat/completions',
    declared: fieldsOf(`${OPENAI}/chat/completions/completions.d.ts`, 'ChatCompletionCreateParamsBase'),
    supported:
      words(`messages model audio max_completion_tokens max_tokens modalities response_format seed stop stream stream_options temperature
      tool_choice tools top_p`),
    refused: words('functions n logprobs'),
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
      'input instructions max_output_tokens metadata model previous_response_id store stream temperature text tool_choice tools top_p',
    ),
    refused: words('background conversation'),
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
        top_logprobs: 0,
        top_p: 0.5,
        image: {},
        access_programs: [],
      },
    },
  },
  {
    title: 'OpenAI: POST /v1/audio/transcriptions',
    declared: fieldsOf(`${OPENAI}/audio/transcriptions.d.ts`, 'TranscriptionCreateParamsBase'),
    supported: words('file model known_speaker_names language response_format stream timestamp_granularities'),
    refused: words('include'),
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
    title: 'OpenAI Realtime: events of the client',
    declared: eventsOf(`${OPENAI}/realtime/realtime.d.ts`, 'RealtimeClientEvent'),
    supported:
      words(`conversation.item.create conversation.item.retrieve conversation.item.truncate input_audio_buffer.append input_audio_buffer.clear
      input_audio_buffer.commit response.cancel response.create session.update`),
    refused: words('conversation.item.delete'),
    otherwise: 'accepted',
    proof: 'realtime.test.ts',
    probe: null,
  },
  {
    title: 'OpenAI Realtime: events of the server',
    declared: eventsOf(`${OPENAI}/realtime/realtime.d.ts`, 'RealtimeServerEvent'),
    supported: words(`conversation.item.added conversation.item.done conversation.item.input_audio_transcription.completed
      conversation.item.input_audio_transcription.delta conversation.item.retrieved conversation.item.truncated error input_audio_buffer.cleared
      input_audio_buffer.committed input_audio_buffer.speech_started input_audio_buffer.speech_stopped response.content_part.added
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
      explicitVadSignal`),
    refused: words('avatarConfig'),
    otherwise: 'accepted',
    proof: 'gemini-live.test.ts',
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
      words(`model version language encoding multichannel punctuate smart_format diarize diarize_model utterances utt_split paragraphs
      detect_language keyterm keywords tag mip_opt_out`),
    refused: words('callback redact replace'),
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
is kept as a session or photo like a native one; \`x-vigia-store: false\` (header) or \`vigia_store=false\` (query) keeps nothing, \`compat.store=false\` says so
for all. No other host is ever asked for a picture, a recording or a callback. Other routes of these APIs answer 501 (or 400 at Deepgram) in their own shape.

Without a language model a picture gets its measured description, a recording its transcript, a text what the rules can say; anything else is that API's
"unavailable" error with a hint. Function calls, JSON schemas and translations need a language model, speech a voice.

Live: OpenAI's \`turn_detection: null\` collects audio until \`commit\`; items are added at the end of a conversation; what was said cannot be deleted
from it; several functions that a model calls at once come one after the other. The official Realtime classes speak \`wss:\` only: serve TLS
(\`tls.auto\`), or see [the migration page](migrate-openai.md). Deepgram's \`diarize\` numbers speakers while they speak, by the loaded diarizer; an
\`endpointing\` under 200 ms takes the server's own.
`
