import type { ModelEntryInput } from '../manifest.ts'

/** Models that look at photos: weights and the projector that turns a photo into tokens. */
export const VLM_MODELS: readonly ModelEntryInput[] = [
  {
    id: 'qwen2.5-vl-3b-instruct-q4',
    title: 'Qwen2.5-VL-3B-Instruct (Q4_K_M)',
    role: 'vlm',
    family: 'gguf',
    languages: 'any',
    license: {
      name: 'Qwen Research License',
      url: 'https://huggingface.co/Qwen/Qwen2.5-VL-3B-Instruct/blob/main/LICENSE',
      commercial: false,
      notes: 'Research only. Qwen3-VL-2B and 4B are Apache-2.0.',
    },
    source: {
      kind: 'hf',
      repo: 'ggml-org/Qwen2.5-VL-3B-Instruct-GGUF',
      revision: '5037fcf163dd95d1e41d1974465f0898ed108ca2',
    },
    files: [
      {
        path: 'Qwen2.5-VL-3B-Instruct-Q4_K_M.gguf',
        bytes: 1_929_901_056,
        sha256: 'd02fe9b69ad8cadbbd228e387667af66612c44bed29ffc8eb1e7caf9ac486c12',
      },
      {
        path: 'mmproj-Qwen2.5-VL-3B-Instruct-Q8_0.gguf',
        bytes: 844_757_728,
        sha256: '980c9b2f78c04e6cff93d277ada09e768394f112d75db3b4e9dea8a69f9fb904',
      },
    ],
    parts: { model: 'Qwen2.5-VL-3B-Instruct-Q4_K_M.gguf', projector: 'mmproj-Qwen2.5-VL-3B-Instruct-Q8_0.gguf' },
    ramMb: 3600,
    vramMb: 3900,
    settings: { contextTokens: 4096 },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'qwen3-vl-2b-instruct-q4',
    title: 'Qwen3-VL-2B-Instruct (Q4_K_M)',
    role: 'vlm',
    family: 'gguf',
    languages: 'any',
    license: { name: 'Apache-2.0', url: 'https://huggingface.co/Qwen/Qwen3-VL-2B-Instruct', commercial: true },
    source: { kind: 'hf', repo: 'Qwen/Qwen3-VL-2B-Instruct-GGUF', revision: '52d6c8ffea26cc873ac5ad116f8631268d7eb503' },
    files: [
      {
        path: 'Qwen3VL-2B-Instruct-Q4_K_M.gguf',
        bytes: 1_107_409_952,
        sha256: '089d75c52f4b7ffc56ba998ffc50aae89fcafc755f9e7208aacca281dca6c2ae',
      },
      {
        path: 'mmproj-Qwen3VL-2B-Instruct-Q8_0.gguf',
        bytes: 445_053_216,
        sha256: 'f9a68fabba69c3b81e153367b2c7521030b0fa8bb0de400c9599c8e6725f9c82',
      },
    ],
    parts: { model: 'Qwen3VL-2B-Instruct-Q4_K_M.gguf', projector: 'mmproj-Qwen3VL-2B-Instruct-Q8_0.gguf' },
    ramMb: 2300,
    vramMb: 2600,
    settings: { contextTokens: 4096 },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'qwen3-vl-4b-instruct-q4',
    title: 'Qwen3-VL-4B-Instruct (Q4_K_M)',
    role: 'vlm',
    family: 'gguf',
    languages: 'any',
    license: { name: 'Apache-2.0', url: 'https://huggingface.co/Qwen/Qwen3-VL-4B-Instruct', commercial: true },
    source: { kind: 'hf', repo: 'Qwen/Qwen3-VL-4B-Instruct-GGUF', revision: 'main' },
    files: [
      {
        path: 'Qwen3VL-4B-Instruct-Q4_K_M.gguf',
        bytes: 2_497_281_664,
        sha256: '66358cb18bb6b3b1b6675aa412c7a88ef01d228f481184d13668e5201c730a0a',
      },
      { path: 'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf', bytes: null, sha256: null },
    ],
    parts: { model: 'Qwen3VL-4B-Instruct-Q4_K_M.gguf', projector: 'mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf' },
    ramMb: 4200,
    vramMb: 4400,
    settings: { contextTokens: 4096 },
    unverified: ['checksum of the projector', 'ramMb', 'vramMb: calculated'],
  },
]
