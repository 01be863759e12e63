/**
 * Plays queued samples and counts exactly which were played. Messages in: `{ push, id }` samples of an answer, `{ stop: true }`.
 * Out, about every 50 ms and when an answer ends or is stopped: `{ id, played, ended?, stopped? }`, `played` in samples.
 */
class Playback extends AudioWorkletProcessor {
  #queue = []
  #offset = 0
  #id = null
  #played = 0
  #sinceReport = 0

  constructor() {
    super()
    this.port.onmessage = ({ data }) => (data.stop ? this.#stop() : this.#push(data))
  }

  process(_inputs, [output]) {
    const channel = output[0]
    let at = 0
    while (at < channel.length && this.#queue.length > 0) at += this.#copy(channel, at)
    for (let c = 1; c < output.length; c++) output[c].set(channel)
    if (at > 0) {
      this.#sinceReport += at
      if (this.#queue.length === 0) this.#report({ ended: true })
      else if (this.#sinceReport > sampleRate * 0.05) this.#report({})
    }
    return true
  }

  #copy(channel, at) {
    const head = this.#queue[0]
    const count = Math.min(channel.length - at, head.length - this.#offset)
    channel.set(head.subarray(this.#offset, this.#offset + count), at)
    this.#offset += count
    this.#played += count
    if (this.#offset === head.length) {
      this.#queue.shift()
      this.#offset = 0
    }
    return count
  }

  #push({ push, id }) {
    if (id !== this.#id) {
      this.#queue = []
      this.#offset = 0
      this.#played = 0
      this.#id = id
    }
    this.#queue.push(push)
  }

  #stop() {
    this.#queue = []
    this.#offset = 0
    this.#report({ stopped: true })
  }

  #report(more) {
    this.#sinceReport = 0
    this.port.postMessage({ id: this.#id, played: this.#played, ...more })
  }
}

registerProcessor('vigia-playback', Playback)
