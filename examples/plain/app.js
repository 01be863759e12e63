// The whole client: served by Vigía itself at /app/examples/plain/index.html, or by any server of yours with `url` set below.
import { openMicrophone, Vigia } from '/app/sdk/vigia-client.js'

const vigia = new Vigia() // { url: 'http://192.168.1.20:8000', auth: { key: '…' } }
const at = (id) => document.getElementById(id)
let live = null
let microphone = null

at('start').onclick = async () => {
  const early = []
  microphone = await openMicrophone({
    onAudio: (bytes) => (live ? live.sendAudio(bytes) : early.push(bytes)),
    onGap: (ms, reason) => live?.gap(ms, reason),
  })
  live = vigia.live({ encoding: microphone.encoding, sample_rate: microphone.sample_rate, language: 'es' })
  for (const bytes of early) live.sendAudio(bytes)
  at('start').disabled = true
  at('end').disabled = false

  live.on('state', ({ state }) => {
    at('state').textContent = state
  })
  live.on('partial_result', ({ text }) => {
    at('pending').textContent = text
  })
  live.on('segment', ({ text }) => {
    const line = document.createElement('p')
    line.textContent = text // never as HTML: it is what somebody said
    at('captions').append(line)
    at('pending').textContent = ''
  })
}

at('end').onclick = async () => {
  at('end').disabled = true
  await microphone.stop()
  const report = await live.end()
  at('report').textContent = [report.summary, ...report.action_items.map(({ title, quote }) => `☐ ${title} — «${quote}»`)].join(
    '\n',
  )
  live = null
  at('start').disabled = false
}

at('photo').onchange = async ({ target }) => {
  const observation = await vigia.photo(target.files[0], { sessionId: live?.sessionId, takenAt: new Date() })
  const line = document.createElement('p')
  line.textContent = `📷 ${observation.description}`
  at('captions').append(line)
}
