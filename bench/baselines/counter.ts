/** The floor: a `ws` server that counts bytes and keeps nothing. `node counter.ts PORT` */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const http = createServer((_request, response) => response.end('{"status":"ok"}'))
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })

sockets.on('connection', (socket) => {
  let received = 0
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      received += (data as Buffer).length
      return
    }
    const { type } = JSON.parse(String(data)) as { type: string }
    if (type === 'config') socket.send('{"type":"config_ack","session_id":"s","resume_token":""}')
    else if (type === 'ping') socket.send('{"type":"pong"}')
    else if (type === 'end_of_stream') socket.send(JSON.stringify({ type: 'count', received_bytes: received }))
  })
})
http.listen(Number(process.argv[2]), '127.0.0.1')
