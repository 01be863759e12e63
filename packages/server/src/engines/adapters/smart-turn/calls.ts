/** The calls of the turn judge's process. */
export interface SmartTurnCalls {
  [method: string]: { params: unknown; result: unknown; part?: unknown }
  load: { params: { modelPath: string; threads: number }; result: undefined }
  /** 16 kHz mono, the end of the turn. */
  judge: { params: { samples: Int16Array }; result: number }
}
