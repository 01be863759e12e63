import type { ModelEntryInput } from '../manifest.ts'

/** Recognizers that sherpa-onnx runs. Sizes, checksums, licences: `docs/models.md` says where they come from. */

const EUROPEAN = 'bg hr cs da nl en et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk'.split(' ')
const MIT_WHISPER = { name: 'MIT', url: 'https://github.com/openai/whisper/blob/main/LICENSE', commercial: true }
const WHISPER_TOKENS = { bytes: 816_730, sha256: 'b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126' }

/** A Whisper export by file name prefix. */
const whisperParts = (name: string) => ({
  encoder: `${name}-encoder.int8.onnx`,
  decoder: `${name}-decoder.int8.onnx`,
  tokens: `${name}-tokens.txt`,
})

export const ASR_MODELS: readonly ModelEntryInput[] = [
  {
    id: 'parakeet-tdt-0.6b-v3-int8',
    title: 'Parakeet TDT 0.6B v3 (int8)',
    role: 'asr',
    family: 'nemo_transducer',
    languages: EUROPEAN,
    license: {
      name: 'CC-BY-4.0',
      url: 'https://huggingface.co/nvidia/parakeet-tdt-0.6b-v3',
      attribution: 'NVIDIA Parakeet TDT 0.6B v3 (CC BY 4.0), converted to ONNX by the sherpa-onnx project',
      commercial: true,
    },
    source: {
      kind: 'hf',
      repo: 'csukuangfj/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8',
      revision: '2bda32ec70b097a55adaa07d9a7173915b43cc78',
    },
    files: [
      {
        path: 'encoder.int8.onnx',
        bytes: 652_184_281,
        sha256: 'acfc2b4456377e15d04f0243af540b7fe7c992f8d898d751cf134c3a55fd2247',
      },
      {
        path: 'decoder.int8.onnx',
        bytes: 11_845_275,
        sha256: '179e50c43d1a9de79c8a24149a2f9bac6eb5981823f2a2ed88d655b24248db4e',
      },
      { path: 'joiner.int8.onnx', bytes: 6_355_277, sha256: '3164c13fc2821009440d20fcb5fdc78bff28b4db2f8d0f0b329101719c0948b3' },
      { path: 'tokens.txt', bytes: 93_939, sha256: 'd58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d' },
    ],
    parts: { encoder: 'encoder.int8.onnx', decoder: 'decoder.int8.onnx', joiner: 'joiner.int8.onnx', tokens: 'tokens.txt' },
    ramMb: 1550,
    // 0.5 s of silence around a span: without it words at its edges are lost (hanzoai/speech).
    settings: { punctuation: true, padMs: 500, threads: 4 },
  },
  {
    id: 'nemotron-3.5-streaming-560ms-int8',
    title: 'Nemotron 3.5 ASR streaming 0.6B (560 ms, int8)',
    role: 'asr-streaming',
    family: 'transducer',
    languages: 'any',
    license: {
      name: 'OpenMDW-1.1',
      url: 'https://huggingface.co/nvidia/nemotron-3.5-asr-streaming-0.6b',
      attribution: 'NVIDIA Nemotron 3.5 ASR Streaming 0.6B (OpenMDW 1.1)',
      commercial: true,
    },
    source: {
      kind: 'hf',
      repo: 'csukuangfj2/sherpa-onnx-nemotron-3.5-asr-streaming-0.6b-560ms-int8-2026-06-11',
      revision: 'ab43d895f5985b1bbab8b6eac8607fcdc05343f3',
    },
    files: [
      {
        path: 'encoder.int8.onnx',
        bytes: 657_601_403,
        sha256: '012e9321373af99021415e0b0eb3ec827b4be3153be6f30d9b448fe65e896e68',
      },
      {
        path: 'decoder.int8.onnx',
        bytes: 14_978_075,
        sha256: '19f9c98fc6d0a2c33a65a43b36fdb2e914c26c0aa9764be3aebc502a1e982fb0',
      },
      { path: 'joiner.int8.onnx', bytes: 9_504_438, sha256: '4101c7c679a0bc30483794b27a059e34e79232aa2068d78d51231a22c8b0d7ce' },
      { path: 'tokens.txt', bytes: 131_440, sha256: '729cc103155bafa785f9cd45746cd41cabe97eab7182fc04d594129587958f8a' },
    ],
    parts: { encoder: 'encoder.int8.onnx', decoder: 'decoder.int8.onnx', joiner: 'joiner.int8.onnx', tokens: 'tokens.txt' },
    ramMb: 1200,
    settings: { punctuation: true, chunkMs: 560, languageOption: true, featureDim: 128, threads: 2 },
    unverified: ['ramMb: planned, not measured'],
  },
  {
    id: 'kroko-es-streaming',
    title: 'Kroko Spanish streaming Zipformer',
    role: 'asr-streaming',
    family: 'transducer',
    languages: ['es'],
    license: {
      name: 'Banafo Kroko community model (terms unresolved)',
      url: 'https://github.com/kroko-ai/kroko-onnx',
      commercial: false,
      notes: 'The publisher says that a commercially free Spanish model exists; the terms of this export are not confirmed.',
    },
    source: {
      kind: 'hf',
      repo: 'csukuangfj/sherpa-onnx-streaming-zipformer-es-kroko-2025-08-06',
      revision: '20cf7a4921613397841d31168796cade5b866585',
    },
    files: [
      { path: 'encoder.onnx', bytes: 154_878_102, sha256: '2d9f5ef87d1a5257f8a6687e21501c56f3aa2fcbfcfab9364dcc4ce4e06ae81b' },
      { path: 'decoder.onnx', bytes: 617_488, sha256: 'd4ce176b94b25f7acc88717bc3f704fcf5d6e131aaac2e0cabab3885541181ee' },
      { path: 'joiner.onnx', bytes: 336_817, sha256: 'dae35df88d676e320fcdb99217328e66dcf722bf11b0f2459e14ddb5b982ded5' },
      { path: 'tokens.txt', bytes: 6385, sha256: '1be5e0a58e05d06d327df4c6b7b5e4f8aba01da6981eb016fcaceafc6a56680f' },
    ],
    parts: { encoder: 'encoder.onnx', decoder: 'decoder.onnx', joiner: 'joiner.onnx', tokens: 'tokens.txt' },
    ramMb: 350,
    settings: { punctuation: true, chunkMs: 320, threads: 1 },
    unverified: ['licence', 'ramMb'],
  },
  {
    id: 'whisper-small',
    title: 'Whisper small (int8)',
    role: 'asr',
    family: 'whisper',
    languages: 'any',
    license: MIT_WHISPER,
    source: {
      kind: 'hf',
      repo: 'csukuangfj/sherpa-onnx-whisper-small',
      revision: '8f3c18b358db4d1f2fc1eae49d75cd20989e4309',
    },
    files: [
      {
        path: 'small-encoder.int8.onnx',
        bytes: 112_442_483,
        sha256: '4cbe7b22fa9026b843b60a68640c747de05bafb1a11b57edc0e66c232d9f33a9',
      },
      {
        path: 'small-decoder.int8.onnx',
        bytes: 262_226_114,
        sha256: 'acad50b5c782696e91b55914cc5ab4f756f1532f76e22aa6fc615f39fb69a8ee',
      },
      { path: 'small-tokens.txt', ...WHISPER_TOKENS },
    ],
    parts: whisperParts('small'),
    ramMb: 900,
    settings: { punctuation: true, threads: 4 },
    unverified: ['ramMb'],
  },
  {
    id: 'whisper-medium',
    title: 'Whisper medium (int8)',
    role: 'asr',
    family: 'whisper',
    languages: 'any',
    license: MIT_WHISPER,
    source: {
      kind: 'hf',
      repo: 'csukuangfj/sherpa-onnx-whisper-medium',
      revision: '8c31d28503847560985df21f90e14f0c736e075e',
    },
    files: [
      {
        path: 'medium-encoder.int8.onnx',
        bytes: 374_196_283,
        sha256: '1c54582b4d829de0089f6cb63bbbdb3bf7555398bacaf855fbecf1a84dfd193e',
      },
      {
        path: 'medium-decoder.int8.onnx',
        bytes: 571_059_257,
        sha256: '595d00a338a365a7bfa0ca7f296cabc639583bef770ab6130df90f49a6412747',
      },
      { path: 'medium-tokens.txt', ...WHISPER_TOKENS },
    ],
    parts: whisperParts('medium'),
    ramMb: 2000,
    settings: { punctuation: true, threads: 4 },
    unverified: ['ramMb'],
  },
  {
    id: 'whisper-large-v3',
    title: 'Whisper large-v3 (int8)',
    role: 'asr',
    family: 'whisper',
    languages: 'any',
    license: MIT_WHISPER,
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'asr-models' },
    files: [
      {
        path: 'sherpa-onnx-whisper-large-v3.tar.bz2',
        bytes: 1_068_482_488,
        sha256: '2d0e134b3b5fc4a0533baf24a0c9d473b629aa47f030af0a165a05f461df7a03',
        unpack: { strip: 'sherpa-onnx-whisper-large-v3' },
      },
    ],
    parts: whisperParts('large-v3'),
    ramMb: 3200,
    settings: { punctuation: true, threads: 4 },
    unverified: ['ramMb', 'checksum: from one public manifest'],
  },
  {
    id: 'whisper-large-v3-turbo',
    title: 'Whisper large-v3-turbo (int8)',
    role: 'asr',
    family: 'whisper',
    languages: 'any',
    license: MIT_WHISPER,
    source: { kind: 'hf', repo: 'csukuangfj/sherpa-onnx-whisper-turbo', revision: 'main' },
    files: [
      {
        path: 'turbo-encoder.int8.onnx',
        bytes: 674_716_297,
        sha256: 'b02dcdf54f348741e93fe732b67d933c8dcb6735655f710640143081db38878b',
      },
      {
        path: 'turbo-decoder.int8.onnx',
        bytes: 361_080_764,
        sha256: '20accd02388482eb3a46bd615631adfdc85e1eb2c7db9ea3f02a40ffe6b81547',
      },
      { path: 'turbo-tokens.txt', ...WHISPER_TOKENS },
    ],
    parts: whisperParts('turbo'),
    ramMb: 2000,
    settings: { punctuation: true, threads: 4 },
    unverified: ['ramMb', 'revision: the branch "main", held by checksums'],
  },
]
