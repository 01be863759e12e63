/** Voice activity detection: how likely is it that each window holds speech. Hysteresis and padding are the session's. */

/** Samples of one window: 32 ms at 16 kHz, the length Silero VAD v5 and v6 take. */
export const VAD_WINDOW = 512

/** A loaded voice activity detector. One serves all sessions. Dispose it to free the model. */
export interface Vad extends AsyncDisposable {
  readonly id: string
  readonly model: string
  /** Opens the state of one stream. */
  open(): VadStream
}

/** One stream's state. Calls are answered in order. */
export interface VadStream extends Disposable {
  /**
   * Speech probabilities (0–1), one per window.
   *
   * @param windows - a whole number of {@link VAD_WINDOW}-sample windows at 16 kHz; read, not kept
   * @throws VigiaError `vad_failed` or `engine_crashed`; the stream may be used again and begins afresh
   */
  score(windows: Int16Array): Promise<Float32Array>
}
