import type { ModelEntryInput } from '../manifest.ts'

/** Language models as 4-bit GGUF. `vramMb` is weights, cache of 8k tokens and working memory of one process. */

const APACHE = (url: string) => ({ name: 'Apache-2.0', url, commercial: true })

export const LLM_MODELS: readonly ModelEntryInput[] = [
  {
    id: 'qwen2.5-7b-instruct-q4',
    title: 'Qwen2.5-7B-Instruct (Q4_K_M)',
    role: 'llm',
    family: 'gguf',
    languages: 'any',
    license: APACHE('https://huggingface.co/Qwen/Qwen2.5-7B-Instruct'),
    source: { kind: 'hf', repo: 'Qwen/Qwen2.5-7B-Instruct-GGUF', revision: 'bb5d59e06d9551d752d08b292a50eb208b07ab1f' },
    files: [
      {
        path: 'qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf',
        bytes: null,
        sha256: 'dfce12e3862a5283ccfb88221b48480e58745165de856439950d0f22590580db',
      },
      {
        path: 'qwen2.5-7b-instruct-q4_k_m-00002-of-00002.gguf',
        bytes: null,
        sha256: '539cf93f78e887edea1c04e2d7d8cdaca9d01dae9c9025bcb8accbe29df3d72a',
      },
    ],
    parts: { model: 'qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf' },
    ramMb: 5600,
    vramMb: 6000,
    settings: { contextTokens: 8192 },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'qwen3-4b-instruct-2507-q4',
    title: 'Qwen3-4B-Instruct-2507 (Q4_K_M)',
    role: 'llm',
    family: 'gguf',
    languages: 'any',
    license: APACHE('https://huggingface.co/Qwen/Qwen3-4B-Instruct-2507'),
    source: {
      kind: 'hf',
      repo: 'bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF',
      revision: 'ae44f08e1392f39c0e474af10c3ff8355c8b6688',
    },
    files: [
      {
        path: 'Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf',
        bytes: 2_497_280_736,
        sha256: '2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e',
      },
    ],
    parts: { model: 'Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf' },
    ramMb: 3400,
    vramMb: 4100,
    settings: { contextTokens: 4096 },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'qwen3.5-4b-q4',
    title: 'Qwen3.5-4B, text and photos (Q4_K_M)',
    role: 'vlm',
    family: 'gguf',
    languages: 'any',
    license: APACHE('https://huggingface.co/Qwen/Qwen3.5-4B'),
    source: { kind: 'hf', repo: 'unsloth/Qwen3.5-4B-GGUF', revision: 'e87f176479d0855a907a41277aca2f8ee7a09523' },
    files: [
      {
        path: 'Qwen3.5-4B-Q4_K_M.gguf',
        bytes: 2_740_937_888,
        sha256: '00fe7986ff5f6b463e62455821146049db6f9313603938a70800d1fb69ef11a4',
      },
      {
        path: 'mmproj-F16.gguf',
        bytes: 672_423_616,
        sha256: 'cd88edcf8d031894960bb0c9c5b9b7e1fea6ebee02b9f7ce925a00d12891f864',
      },
    ],
    parts: { model: 'Qwen3.5-4B-Q4_K_M.gguf', projector: 'mmproj-F16.gguf' },
    ramMb: 4500,
    vramMb: 4800,
    // It thinks unless told not to.
    settings: { contextTokens: 8192, enableThinking: false },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'llama-3.1-8b-instruct-q4',
    title: 'Llama 3.1 8B Instruct (Q4_K_M)',
    role: 'llm',
    family: 'gguf',
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    license: {
      name: 'Llama 3.1 Community License',
      url: 'https://www.llama.com/llama3_1/license/',
      attribution: 'Built with Llama',
      commercial: false,
      notes: 'Free below 700 million monthly users, with an acceptable-use policy and the words "Built with Llama".',
    },
    source: {
      kind: 'hf',
      repo: 'bartowski/Meta-Llama-3.1-8B-Instruct-GGUF',
      revision: 'bf5b95e96dac0462e2a09145ec66cae9a3f12067',
    },
    files: [
      {
        path: 'Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf',
        bytes: 4_920_739_232,
        sha256: '7b064f5842bf9532c91456deda288a1b672397a54fa729aa665952863033557c',
      },
    ],
    parts: { model: 'Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf' },
    ramMb: 6200,
    vramMb: 6700,
    settings: { contextTokens: 8192 },
    unverified: ['ramMb', 'vramMb: calculated'],
  },
  {
    id: 'mistral-7b-instruct-v0.3-q4',
    title: 'Mistral 7B Instruct v0.3 (Q4_K_M)',
    role: 'llm',
    family: 'gguf',
    languages: 'any',
    license: APACHE('https://huggingface.co/mistralai/Mistral-7B-Instruct-v0.3'),
    source: { kind: 'hf', repo: 'bartowski/Mistral-7B-Instruct-v0.3-GGUF', revision: 'main' },
    files: [{ path: 'Mistral-7B-Instruct-v0.3-Q4_K_M.gguf', bytes: 4_372_812_000, sha256: null }],
    parts: { model: 'Mistral-7B-Instruct-v0.3-Q4_K_M.gguf' },
    ramMb: 5700,
    vramMb: 6200,
    settings: { contextTokens: 8192 },
    unverified: ['checksum: none published that was seen', 'ramMb', 'vramMb: calculated'],
  },
]
