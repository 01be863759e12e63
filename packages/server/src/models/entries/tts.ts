import type { ModelEntryInput } from '../manifest.ts'

/** Voices that sherpa-onnx runs. */

interface PiperVoice {
  id: string
  title: string
  /** `es_MX-claude-high`. */
  voice: string
  bytes: number
  sha256: string
  license: ModelEntryInput['license']
}

/** A Piper voice: one archive with the model, its tokens and the espeak-ng data it speaks with. */
function piper({ id, title, voice, bytes, sha256, license }: PiperVoice): ModelEntryInput {
  const folder = `vits-piper-${voice}`
  return {
    id,
    title,
    role: 'tts',
    family: 'vits',
    languages: [voice.slice(0, 2)],
    license,
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'tts-models' },
    files: [{ path: `${folder}.tar.bz2`, bytes, sha256, unpack: { strip: folder } }],
    parts: { model: `${voice}.onnx`, tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
    ramMb: 200,
    settings: { sampleRate: 22_050, sid: 0, locale: voice.slice(0, 5).replace('_', '-') },
    unverified: ['ramMb'],
  }
}

export const TTS_MODELS: readonly ModelEntryInput[] = [
  piper({
    id: 'piper-es-mx-claude',
    title: 'Piper es-MX claude (high)',
    voice: 'es_MX-claude-high',
    bytes: 67_207_890,
    sha256: 'ec33fb689c248fe64810aab564cba97babf0f506672cfd404928d46e751a4721',
    license: { name: 'Apache-2.0', url: 'https://huggingface.co/rhasspy/piper-voices', commercial: true },
  }),
  piper({
    id: 'piper-es-es-davefx',
    title: 'Piper es-ES davefx (medium)',
    voice: 'es_ES-davefx-medium',
    bytes: 67_184_952,
    sha256: 'a3f6beb54a9cb893279f72978a22f807a4d9fc9c7848157b524d5cc7b7f58b22',
    license: { name: 'CC0-1.0', url: 'https://huggingface.co/rhasspy/piper-voices', commercial: true },
  }),
  piper({
    id: 'piper-en-us-ljspeech',
    title: 'Piper en-US ljspeech (high)',
    voice: 'en_US-ljspeech-high',
    bytes: 115_817_679,
    sha256: '00c6408d2409050312193b0d40ae07fde28af7d3d45a56efcc55440db516b935',
    license: { name: 'public domain', url: 'https://huggingface.co/rhasspy/piper-voices', commercial: true },
  }),
  {
    id: 'supertonic-3',
    title: 'Supertonic 3 (int8)',
    role: 'tts',
    family: 'supertonic',
    languages: 'any',
    license: {
      name: 'OpenRAIL-M (weights), MIT (code)',
      url: 'https://huggingface.co/Supertone/supertonic-3',
      commercial: false,
      notes: 'Commercial use is allowed within the use restrictions of OpenRAIL-M; read them before you accept.',
    },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'tts-models' },
    files: [
      {
        path: 'sherpa-onnx-supertonic-3-tts-int8-2026-05-11.tar.bz2',
        bytes: null,
        sha256: '82fa96f91c4ef8abaae3a14a3f4153facf88bed821d1f7331cec2700f432c427',
        unpack: { strip: 'sherpa-onnx-supertonic-3-tts-int8-2026-05-11' },
      },
    ],
    parts: {
      durationPredictor: 'duration_predictor.int8.onnx',
      textEncoder: 'text_encoder.int8.onnx',
      vectorEstimator: 'vector_estimator.int8.onnx',
      vocoder: 'vocoder.int8.onnx',
      ttsJson: 'tts.json',
      unicodeIndexer: 'unicode_indexer.bin',
      voiceStyle: 'voice.bin',
    },
    ramMb: 514,
    settings: { sid: 0, voices: 10 },
    unverified: ['ramMb: third-party measurement'],
  },
  {
    id: 'kokoro-multi-v1.0',
    title: 'Kokoro multi-lang v1.0',
    role: 'tts',
    family: 'kokoro',
    languages: ['en', 'es', 'fr', 'hi', 'it', 'ja', 'pt', 'zh'],
    license: { name: 'Apache-2.0', url: 'https://huggingface.co/hexgrad/Kokoro-82M', commercial: true },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'tts-models' },
    files: [
      {
        path: 'kokoro-multi-lang-v1_0.tar.bz2',
        bytes: null,
        sha256: 'c5f7e2d2caf082bc1d20fb70334a61d99d20b484500aad32e7cf84c128ea3298',
        unpack: { strip: 'kokoro-multi-lang-v1_0' },
      },
    ],
    parts: { model: 'model.onnx', voices: 'voices.bin', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
    ramMb: 700,
    settings: { sampleRate: 24_000, sid: 28 },
    unverified: ['ramMb', 'checksum: from one public manifest'],
  },
]
