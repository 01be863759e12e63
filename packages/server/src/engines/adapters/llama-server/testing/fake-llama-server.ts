import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

/**
 * Behaves as llama-server does where it matters: takes its arguments, ends when a file is missing, answers 503 while loading,
 * wants its key, streams, and dies when a message says so. A model file that says "broken" ends it while loading; with
 * `--card-tokens N` a context of more than N on the card does, and a message that says "llena" fills the card.
 */

const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    model: { type: 'string' },
    mmproj: { type: 'string' },
    'ctx-size': { type: 'string' },
    parallel: { type: 'string' },
    'n-gpu-layers': { type: 'string' },
    pidfile: { type: 'string' },
    'card-tokens': { type: 'string' },
  },
})
const modelPath = values.model ?? ''
if (!existsSync(modelPath) || readFileSync(modelPath, 'utf8') === 'broken') {
  console.error('error: failed to load model')
  process.exit(1)
}
if (values.pidfile) appendFileSync(values.pidfile, `${process.pid}\n`)
const onCard = Number(values['n-gpu-layers']) > 0
const runOutOfMemory = (): never => {
  console.error(
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc failed: out of memory',
  )
  process.exit(1)
}
if (values['card-tokens'] && onCard && Number(values['ctx-size']) > Number(values['card-tokens'])) runOutOfMemory()
let healthAnswers = 0

createServer((request, response) => {
  const json = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  if (request.url === '/health') return json(++healthAnswers > 2 ? 200 : 503, { status: 'x' })
  if (request.headers.authorization !== `Bearer ${process.env.LLAMA_API_KEY}`) return json(401, { error: { message: 'key' } })
  if (request.url === '/v1/models')
    return json(200, { data: [{ id: 'gguf', owned_by: 'llamacpp', meta: { n_ctx_train: 32768 } }] })
  let text = ''
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  request.on('end', () => {
    if (text.includes('muere')) process.exit(139)
    if (text.includes('llena') && onCard) runOutOfMemory()
    const images = text.split('data:image/jpeg;base64,').length - 1
    const answer = JSON.stringify({ images, mmproj: values.mmproj !== undefined, context: values['ctx-size'], onCard })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: answer }, finish_reason: null }] })}\n\n`)
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`)
    response.end('data: [DONE]\n\n')
  })
}).listen(Number(values.port), values.host)
