/**
 * Microphone to 16 kHz mono PCM16 in pieces of 100 ms. The audio context runs at 16 kHz, so the browser resamples.
 */
const CHUNK = 1600

class Capture extends AudioWorkletProcessor {
  #chunk = new Int16Array(CHUNK)
  #filled = 0
  #peak = 0

  process([input]) {
    const samples = input[0]
    if (!samples) return true
    for (const sample of samples) {
      const value = Math.max(-1, Math.min(1, sample))
      this.#peak = Math.max(this.#peak, Math.abs(value))
      this.#chunk[this.#filled++] = Math.round(value * 32767)
      if (this.#filled === CHUNK) this.#send()
    }
    return true
  }

  #send() {
    this.port.postMessage({ pcm: this.#chunk.buffer, peak: this.#peak }, [this.#chunk.buffer])
    this.#chunk = new Int16Array(CHUNK)
    this.#filled = 0
    this.#peak = 0
  }
}

registerProcessor('capture', Capture)
