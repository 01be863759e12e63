import type { ModelEntryInput } from '../manifest.ts'

/** Who spoke when: segmentation and voice embeddings. Thresholds are cosine distances and belong to the model. */
export const SPEAKER_MODELS: readonly ModelEntryInput[] = [
  {
    id: 'pyannote-segmentation-3.0',
    title: 'pyannote segmentation 3.0 (ONNX)',
    role: 'segmentation',
    family: 'pyannote',
    languages: 'any',
    license: { name: 'MIT', url: 'https://huggingface.co/pyannote/segmentation-3.0', commercial: true },
    source: {
      kind: 'hf',
      repo: 'csukuangfj/sherpa-onnx-pyannote-segmentation-3-0',
      revision: '9403a6902bb58e3d5ae8c7e77c3422de279db2e0',
    },
    files: [{ path: 'model.onnx', bytes: 5_992_913, sha256: '220ad67ca923bef2fa91f2390c786097bf305bceb5e261d4af67b38e938e1079' }],
    parts: { model: 'model.onnx' },
    ramMb: 120,
    unverified: ['ramMb', 'revision: from one public manifest'],
  },
  {
    id: 'titanet-small',
    title: 'NeMo TitaNet small (ONNX)',
    role: 'embedding',
    family: 'nemo',
    languages: 'any',
    license: {
      name: 'CC-BY-4.0',
      url: 'https://huggingface.co/nvidia/speakerverification_en_titanet_large',
      attribution: 'NVIDIA NeMo TitaNet (CC BY 4.0), converted to ONNX by the sherpa-onnx project',
      commercial: true,
    },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'speaker-recongition-models' },
    files: [
      {
        path: 'nemo_en_titanet_small.onnx',
        bytes: 40_257_283,
        sha256: 'ad4a1802485d8b34c722d2a9d04249662f2ece5d28a7a039063ca22f515a789e',
      },
    ],
    parts: { model: 'nemo_en_titanet_small.onnx' },
    ramMb: 150,
    settings: { dimension: 192, mergeDistance: 0.6, matchSimilarity: 0.6, matchMargin: 0.08 },
    unverified: ['ramMb', 'licence of the small variant (treated as CC-BY-4.0)', 'thresholds: start values, not calibrated here'],
  },
  {
    id: 'campplus-voxceleb',
    title: '3D-Speaker CAM++ VoxCeleb (ONNX)',
    role: 'embedding',
    family: '3d-speaker',
    languages: 'any',
    license: {
      name: 'Apache-2.0',
      url: 'https://github.com/modelscope/3D-Speaker',
      commercial: true,
    },
    source: { kind: 'github', repo: 'k2-fsa/sherpa-onnx', tag: 'speaker-recongition-models' },
    files: [
      {
        path: '3dspeaker_speech_campplus_sv_en_voxceleb_16k.onnx',
        bytes: 29_596_978,
        sha256: '357a834f702b80161e5b981182c038e18553c1f2ca752ed6cec2052365d4129b',
      },
    ],
    parts: { model: '3dspeaker_speech_campplus_sv_en_voxceleb_16k.onnx' },
    ramMb: 120,
    settings: { dimension: 512, mergeDistance: 0.7, matchSimilarity: 0.5, matchMargin: 0.08 },
    unverified: ['ramMb', 'thresholds: start values, not calibrated here', 'checksum: from one public manifest'],
  },
]
