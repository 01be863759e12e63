import type { ModelEntryInput } from '../manifest.ts'

/** Voice detection, end of turn, noise. Silero v6 comes with npm; the entry here is for other machines and engines. */
export const SPEECH_MODELS: readonly ModelEntryInput[] = [
  {
    id: 'silero-vad-v4',
    title: 'Silero VAD (export for sherpa-onnx)',
    role: 'vad',
    family: 'silero',
    languages: 'any',
    license: { name: 'MIT', url: 'https://github.com/snakers4/silero-vad/blob/master/LICENSE', commercial: true },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'asr-models' },
    files: [
      {
        path: 'silero_vad.onnx',
        bytes: 643_854,
        sha256: '9e2449e1087496d8d4caba907f23e0bd3f78d91fa552479bb9c23ac09cbb1fd6',
      },
    ],
    parts: { model: 'silero_vad.onnx' },
    ramMb: 20,
    settings: { threshold: 0.5 },
  },
  {
    id: 'silero-vad-v6',
    title: 'Silero VAD v6',
    role: 'vad',
    family: 'silero',
    languages: 'any',
    license: { name: 'MIT', url: 'https://github.com/snakers4/silero-vad/blob/master/LICENSE', commercial: true },
    source: { kind: 'url', base: 'https://raw.githubusercontent.com/snakers4/silero-vad/v6.2.3/src/silero_vad/data/' },
    files: [
      {
        path: 'silero_vad.onnx',
        bytes: 2_327_524,
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
      },
    ],
    parts: { model: 'silero_vad.onnx' },
    ramMb: 40,
    settings: { threshold: 0.5 },
  },
  {
    id: 'smart-turn-v3.2',
    title: 'Smart Turn v3.2 (CPU)',
    role: 'turn',
    family: 'smart-turn',
    languages: 'ar bn zh da nl de en fi fr hi id it ja ko mr no pl pt ru es tr uk vi'.split(' '),
    license: { name: 'BSD-2-Clause', url: 'https://huggingface.co/pipecat-ai/smart-turn-v3', commercial: true },
    source: { kind: 'hf', repo: 'pipecat-ai/smart-turn-v3', revision: 'f766f81d3cfdf7737ac64aad813d91bbfd56bf93' },
    files: [
      {
        path: 'smart-turn-v3.2-cpu.onnx',
        bytes: 8_679_182,
        sha256: '2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f',
      },
    ],
    parts: { model: 'smart-turn-v3.2-cpu.onnx' },
    ramMb: 60,
    settings: { threshold: 0.5 },
    unverified: ['checksum and revision: from one public manifest'],
  },
  {
    id: 'gtcrn',
    title: 'GTCRN speech enhancement',
    role: 'denoise',
    family: 'gtcrn',
    languages: 'any',
    license: { name: 'MIT', url: 'https://github.com/Xiaobin-Rong/gtcrn', commercial: true },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'speech-enhancement-models' },
    files: [
      { path: 'gtcrn_simple.onnx', bytes: null, sha256: 'e77603ac0c23dac3227dd2d7135b3a585cbee2679048aecfa886657d3ae1b534' },
    ],
    parts: { model: 'gtcrn_simple.onnx' },
    ramMb: 20,
    unverified: ['licence of the export (MIT upstream)', 'checksum: from one public manifest'],
  },
]
