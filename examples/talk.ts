/**
 * Talks with Vigía using only its documented messages: sends a WAV as the microphone, plays the answer into another WAV.
 *
 *   node examples/talk.ts ws://127.0.0.1:8000/ws/audio pregunta.wav respuesta.wav
 *
 * Needs Node 24 and nothing else.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const [url = 'ws://127.0.0.1:8000/ws/audio', question, answer = 'answer.wav'] = process.argv.slice(2)
if (!question) throw new Error('usage: node examples/talk.ts URL QUESTION.wav [ANSWER.wav]')

const wav = await readFile(question)
const rate = wav.readUInt32LE(24)
const microphone = wav.subarray(wav.indexOf('data') + 8) // 16-bit mono PCM

const socket = new WebSocket(url)
socket.binaryType = 'arraybuffer'
let played: Buffer[] = []
let newest = 0
const over = Promise.withResolvers<void>()

socket.onmessage = ({ data }) => {
  if (typeof data !== 'string') {
    played.push(Buffer.from(data)) // a player would queue it; it comes at most 300 ms ahead
    return
  }
  const message = JSON.parse(data)
  if (message.reply_id !== undefined) newest = Math.max(newest, message.reply_id)
  if (message.type === 'turn')
    console.log(message.status === 'answered' ? `you:   ${message.text}` : `(not for me: ${message.reason})`)
  if (message.type === 'reply_text' && message.reply_id === newest) console.log(`vigía: ${message.text}`)
  if (message.type === 'reply_interrupted') played = [] // throw away what was not played
  if (message.type === 'need_frame') console.log('(a photo would help: send {"type":"frame","image_b64":…})')
  if (message.type === 'error' && !message.retryable) over.reject(new Error(`${message.code}: ${message.message}`))
  if (message.type === 'reply_done') over.resolve()
}
socket.onerror = () => over.reject(new Error(`cannot reach ${url}`))
await new Promise((resolve) => (socket.onopen = resolve))

socket.send(JSON.stringify({ type: 'config', mode: 'assistant', language: 'es', sample_rate: rate, client: { aec: 'active' } }))
const chunk = rate / 5 // 100 ms of 16-bit samples
const silence = Buffer.alloc(chunk)
for (let at = 0; at < microphone.length; at += chunk) {
  socket.send(microphone.subarray(at, at + chunk))
  await sleep(100)
}
const listening = setInterval(() => socket.send(silence), 100) // the microphone stays open
const patience = setTimeout(() => over.reject(new Error('no answer came')), 20_000)
await over.promise
clearTimeout(patience)
clearInterval(listening)
socket.close()

const sound = Buffer.concat(played)
const header = Buffer.from(wav.subarray(0, 44))
header.writeUInt32LE(36 + sound.length, 4)
header.writeUInt32LE(sound.length, 40)
await writeFile(answer, Buffer.concat([header, sound]))
console.log(`${answer}: ${(sound.length / 2 / rate).toFixed(1)} s`)
