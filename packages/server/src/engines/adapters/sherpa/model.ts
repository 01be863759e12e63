/** What Vigía says about an offline sherpa-onnx model; paths are absolute. */

/** Files by family, as the recognizer's configuration names them. */
export type SherpaFiles =
  | { family: 'nemo_ctc' | 'zipformer_ctc'; model: string }
  | { family: 'sense_voice'; model: string }
  | { family: 'transducer' | 'nemo_transducer'; encoder: string; decoder: string; joiner: string }
  | { family: 'whisper' | 'canary'; encoder: string; decoder: string }
  | { family: 'moonshine'; preprocessor: string; encoder: string; uncachedDecoder: string; cachedDecoder: string }

export type SherpaFamily = SherpaFiles['family']

export interface SherpaModel {
  /** Catalogue id. */
  id: string
  files: SherpaFiles
  tokens: string
  /** BCP 47 primary tags. */
  languages: readonly string[] | 'any'
  /** Size and SHA-256 (hex) by path, where known; checked before loading. */
  expected?: Readonly<Record<string, { bytes?: number; sha256?: string }>>
  /** Mel bands; 80 unless told. */
  featureDim?: number
  /** Language that the recognizer is opened with: Whisper, Canary and SenseVoice take one per recognizer. */
  language?: string
  punctuation?: boolean
  /** Longest piece in one decode; Whisper drops what lies beyond 30 s. */
  maxUtteranceMs?: number
  /** Threads of one decode. */
  threads?: number
  /** Silence put before and behind each piece, ms: some models lose words at the edges. */
  padMs?: number
  /** Pieces and their scores (`token<TAB>score`), by which a transducer spells hotwords. */
  bpeVocab?: string
}

/** Paths of the ONNX files, encoder first. */
export function onnxPaths({ files }: SherpaModel): string[] {
  const { family: _, ...paths } = files
  return Object.values(paths)
}
