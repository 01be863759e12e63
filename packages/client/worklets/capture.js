/** Hands captured samples over in blocks of 40 ms, mixed to mono. Runs on the audio thread. */
class Capture extends AudioWorkletProcessor {
  #block = new Float32Array(Math.round(sampleRate * 0.04))
  #filled = 0

  process([input]) {
    const channels = input.length
    if (channels === 0) return true
    const frames = input[0].length
    for (let i = 0; i < frames; i++) {
      let sum = 0
      for (let c = 0; c < channels; c++) sum += input[c][i]
      this.#block[this.#filled++] = sum / channels
      if (this.#filled === this.#block.length) this.#hand()
    }
    return true
  }

  #hand() {
    const full = this.#block
    this.#block = new Float32Array(full.length)
    this.#filled = 0
    this.port.postMessage(full, [full.buffer])
  }
}

registerProcessor('vigia-capture', Capture)
