/** The calls of the two engine processes: segmentation on onnxruntime-node, embeddings on sherpa-onnx. */

export type SegmentationCalls = {
  load: { params: { modelPath: string; threads: number }; result: undefined }
  /** One whole window, 16 kHz mono; answers [frames, classes]. */
  segment: { params: { samples: Int16Array }; result: { scores: Float32Array; classes: number } }
}

export type EmbeddingCalls = {
  load: { params: { modelPath: string; threads: number }; result: { dimension: number } }
  /** Speech of one voice; null when it is too short for the model. */
  embed: { params: { samples: Int16Array }; result: { embedding: Float32Array | null } }
}
