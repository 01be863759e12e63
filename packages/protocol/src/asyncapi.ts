import { CLIENT_MESSAGES } from './client-messages.ts'
import { type JsonSchema, messageSchemaName, namedSchemas } from './json-schema.ts'
import { SERVER_MESSAGES } from './server-messages.ts'

/** AsyncAPI 3 of the socket `/ws/audio`, generated from the zod schemas. */

const CHANNEL = 'live'

/** @param version - of the server */
export function asyncApiDocument(version: string): JsonSchema {
  const client = names('Client', CLIENT_MESSAGES)
  const server = names('Server', SERVER_MESSAGES)
  return {
    asyncapi: '3.0.0',
    info: { title: 'Vigía live socket', version, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: {
      [CHANNEL]: {
        address: '/ws/audio',
        description: 'JSON text messages both ways; audio as binary messages. Unknown types and fields are ignored.',
        messages: Object.fromEntries(
          [...client, ...server, ...AUDIO].map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      // AsyncAPI speaks from the application's side: the server receives what clients send.
      clientSends: operation('receive', [...client.map(({ name }) => name), 'ClientAudio']),
      serverSends: operation('send', [...server.map(({ name }) => name), 'ServerAudio']),
    },
    components: {
      messages: { ...Object.fromEntries([...client, ...server].map(message)), ...Object.fromEntries(AUDIO.map(audio)) },
      schemas: namedSchemas(),
    },
  }
}

interface Named {
  name: string
  type: string
}

const AUDIO = [
  { name: 'ClientAudio', summary: 'audio in the encoding of `config`' },
  { name: 'ServerAudio', summary: 'audio of an answer, announced by `reply_audio`' },
]

function names(side: 'Client' | 'Server', messages: Record<string, unknown>): Named[] {
  return Object.keys(messages).map((type) => ({ name: messageSchemaName(side, type), type }))
}

function operation(action: 'send' | 'receive', messages: string[]): JsonSchema {
  return {
    action,
    channel: { $ref: `#/channels/${CHANNEL}` },
    messages: messages.map((name) => ({ $ref: `#/channels/${CHANNEL}/messages/${name}` })),
  }
}

function message({ name, type }: Named): [string, JsonSchema] {
  return [name, { name: type, payload: { $ref: `#/components/schemas/${name}` } }]
}

function audio({ name, summary }: (typeof AUDIO)[number]): [string, JsonSchema] {
  return [name, { name, summary, contentType: 'application/octet-stream', payload: { type: 'string', format: 'binary' } }]
}
