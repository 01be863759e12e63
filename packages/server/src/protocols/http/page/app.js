import { clock, element, renderReport } from './report.js'
import { setLanguage, text } from './texts.js'

/** The page: one session at a time over the socket, with resume; photos over HTTP. */

const $ = (id) => document.getElementById(id)
const BYTES_PER_MS = 32
/** Half a minute of audio. */
const MAX_UNACKED_BYTES = 30_000 * BYTES_PER_MS
const RECONNECT_MS = [300, 1000, 2000, 5000]

/** The running session, or null. */
let live = null
let sessionId = null

function say(key) {
  $('state').textContent = text(key)
  $('state').dataset.key = key
}

function problem(message) {
  $('problem').textContent = message ?? ''
  $('problem').hidden = !message
}

/** Audio sent and not yet acknowledged, so that it can be sent again after a reconnect. */
class Outbox {
  first = 0
  #chunks = []
  #bytes = 0

  add(chunk) {
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    while (this.#bytes > MAX_UNACKED_BYTES) this.#drop()
  }

  acknowledged(bytes) {
    while (this.#chunks.length > 0 && this.first + this.#chunks[0].byteLength <= bytes) this.#drop()
  }

  /**
   * Counts on from what the server has; what was let go meanwhile is missing for good.
   * @returns bytes that are missing, and the chunks to send again
   */
  resume(receivedBytes) {
    this.acknowledged(receivedBytes)
    const missing = Math.max(0, this.first - receivedBytes)
    const skip = Math.max(0, receivedBytes - this.first)
    if (skip > 0) {
      this.#chunks[0] = this.#chunks[0].slice(skip)
      this.#bytes -= skip
    }
    this.first = receivedBytes
    return { missing, chunks: this.#chunks }
  }

  #drop() {
    const chunk = this.#chunks.shift()
    this.first += chunk.byteLength
    this.#bytes -= chunk.byteLength
  }
}

class Live {
  #outbox = new Outbox()
  #token = null
  #socket = null
  #ready = false
  #tries = 0
  #ending = false
  #finished = false

  connect() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    this.#socket = new WebSocket(`${scheme}://${location.host}/ws/audio`)
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.onopen = () => {
      const resume = this.#token ? { session_id: sessionId, resume_token: this.#token } : {}
      this.#json({ type: 'config', language: $('language').value, client: { name: 'page', mic: 'phone' }, ...resume })
    }
    this.#socket.onmessage = ({ data }) => typeof data === 'string' && this.#receive(JSON.parse(data))
    this.#socket.onclose = ({ code }) => this.#lost(code)
  }

  audio(chunk) {
    this.#outbox.add(chunk)
    if (this.#ready) this.#socket.send(chunk)
  }

  end() {
    this.#ending = true
    if (this.#ready) this.#json({ type: 'end_of_stream' })
    say('analysing')
    $('report-section').hidden = false
    $('progress').hidden = false
  }

  #json(message) {
    this.#socket.send(JSON.stringify(message))
  }

  #lost(code) {
    this.#ready = false
    if (this.#finished || code === 4409) return
    if (code === 4401 || this.#tries >= 20) return this.#finish()
    say('lost')
    setTimeout(() => this.connect(), RECONNECT_MS[Math.min(this.#tries++, RECONNECT_MS.length - 1)])
  }

  #opened(message) {
    sessionId = message.session_id
    this.#token = message.resume_token
    this.#ready = true
    this.#tries = 0
    const { missing, chunks } = this.#outbox.resume(message.received_bytes)
    if (missing > 0) this.#json({ type: 'gap', ms: Math.round(missing / BYTES_PER_MS), reason: 'network' })
    for (const chunk of chunks) this.#socket.send(chunk)
    const notes = [...new Set(Object.values(message.engines).flatMap((engine) => engine.note ?? []))]
    $('note').textContent = notes.join(' ')
    $('note').hidden = notes.length === 0
    if (this.#ending) this.#json({ type: 'end_of_stream' })
    else say('live')
  }

  #receive(message) {
    switch (message.type) {
      case 'config_ack':
        return this.#opened(message)
      case 'ack':
        return this.#outbox.acknowledged(message.received_bytes)
      case 'partial_result':
        return showPending(message)
      case 'segment':
        return showSegment(message)
      case 'final_result':
        $('captions').replaceChildren()
        for (const segment of message.segments) showSegment(segment)
        return showPending({ text: '' })
      case 'analysis_progress':
        $('progress').max = message.total || 1
        $('progress').value = message.done
        return
      case 'analysis':
        $('report').replaceChildren(...renderReport(message.report))
        say('done')
        return this.#finish()
      case 'error':
        problem([message.message, message.hint].filter(Boolean).join(' '))
        if (message.code === 'session_not_live' && this.#ending) void readReport().finally(() => this.#finish())
    }
  }

  #finish() {
    this.#finished = true
    this.#socket.close()
    $('progress').hidden = true
    live = null
    showButton()
  }
}

/** After a lost connection at the very end, the report is read over HTTP. */
async function readReport() {
  for (let attempt = 0; attempt < 60; attempt++) {
    const answer = await fetch(`/sessions/${encodeURIComponent(sessionId)}/report`)
    if (answer.ok) {
      problem(null)
      $('report').replaceChildren(...renderReport(await answer.json()))
      return say('done')
    }
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

function showPending({ text: words, confirmed = 0 }) {
  $('pending').replaceChildren(element('span', { className: 'confirmed' }, words.slice(0, confirmed)), words.slice(confirmed))
}

function showSegment(segment) {
  if (!segment.text) return
  const line = element(
    'p',
    { className: segment.excluded ? 'excluded' : '' },
    element('span', { className: 'time' }, `${clock(segment.start)} `),
    segment.speaker ? element('span', { className: 'speaker' }, `${segment.speaker} `) : null,
    segment.text,
  )
  line.dataset.id = segment.id
  const before = [...$('captions').children].find((child) => child.dataset.id === segment.id)
  if (before) before.replaceWith(line)
  else $('captions').append(line)
  $('pending').scrollIntoView({ block: 'nearest' })
  showPending({ text: '' })
}

async function openMicrophone(onChunk) {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
  })
  const context = new AudioContext({ sampleRate: 16000 })
  await context.audioWorklet.addModule('/page/capture-worklet.js')
  const capture = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 })
  capture.port.onmessage = ({ data }) => {
    $('level').value = data.peak
    onChunk(data.pcm)
  }
  context.createMediaStreamSource(media).connect(capture)
  return async () => {
    for (const track of media.getTracks()) track.stop()
    await context.close()
    $('level').value = 0
  }
}

function begin() {
  problem(null)
  for (const id of ['captions', 'report', 'pending']) $(id).replaceChildren()
  $('report-section').hidden = true
  say('connecting')
}

async function toggleMicrophone() {
  if (live) {
    await live.close?.()
    return live?.end()
  }
  begin()
  const session = new Live()
  try {
    session.close = await openMicrophone((chunk) => session.audio(chunk))
  } catch {
    say('ready')
    return problem(text('noMicrophone'))
  }
  live = session
  session.connect()
  showButton()
}

function showButton() {
  $('microphone').textContent = text(live ? 'stop' : 'start')
}

/** A recording goes up in one request; its progress comes as events. */
async function uploadRecording(file) {
  begin()
  $('report-section').hidden = false
  $('progress').hidden = false
  say('analysing')
  const form = new FormData()
  form.append('language', $('language').value)
  form.append('file', file)
  const answer = await fetch('/sessions', { method: 'POST', body: form })
  const body = await answer.json()
  if (!answer.ok) return failed(body)
  sessionId = body.session_id
  const events = new EventSource(body.events)
  events.addEventListener('analysis_progress', ({ data }) => {
    const { done, total } = JSON.parse(data)
    $('progress').max = total || 1
    $('progress').value = done
  })
  events.addEventListener('failure', ({ data }) => problem(JSON.parse(data).message))
  events.addEventListener('closed', async () => {
    events.close()
    $('progress').hidden = true
    const transcript = await (await fetch(`/sessions/${encodeURIComponent(sessionId)}/transcript.json`)).json()
    for (const segment of transcript.transcript) showSegment(segment)
    await readReport()
  })
}

async function sendPhoto(file) {
  const item = element('li', {}, element('img', { src: URL.createObjectURL(file), alt: '' }), element('p', {}, text('seeing')))
  $('photos').prepend(item)
  $('photos-section').hidden = false
  const form = new FormData()
  if (live && sessionId) form.append('session_id', sessionId)
  form.append('timestamp', new Date().toISOString())
  form.append('file', file)
  const answer = await fetch('/vision/frame', { method: 'POST', body: form })
  const body = await answer.json()
  if (!answer.ok) {
    item.remove()
    return failed(body)
  }
  const dangers = body.dangers.map((danger) => element('p', { className: 'danger' }, `${danger.what}: ${danger.why}`))
  item.lastElementChild.replaceWith(element('div', {}, ...dangers, element('p', {}, body.description)))
}

function failed(body) {
  say('ready')
  $('progress').hidden = true
  problem(text('failed') + [body.error?.message, body.error?.hint].filter(Boolean).join(' '))
}

const attempt = (task) => task.catch((error) => failed({ error: { message: error.message } }))

$('microphone').addEventListener('click', () => attempt(toggleMicrophone()))
$('file').addEventListener('change', ({ target }) => {
  if (target.files[0]) attempt(uploadRecording(target.files[0]))
  target.value = ''
})
$('photo').addEventListener('change', ({ target }) => {
  if (target.files[0]) attempt(sendPhoto(target.files[0]))
  target.value = ''
})
$('language').addEventListener('change', ({ target }) => {
  setLanguage(target.value)
  showButton()
  say($('state').dataset.key)
})

$('language').value = navigator.language.startsWith('en') ? 'en' : 'es'
setLanguage($('language').value)
showButton()
say('ready')
