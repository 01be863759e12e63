import { z } from 'zod'
import { CLIENT_MESSAGES, HTTP_ROUTES, SERVER_MESSAGES } from '../packages/protocol/src/index.ts'
import { Observation } from '../packages/protocol/src/observation.ts'
import { Report } from '../packages/protocol/src/report.ts'

/** docs/reference.md, written from the schemas: `npm run reference > docs/reference.md`. A test keeps the page equal. */

interface Json {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  items?: Json
  anyOf?: Json[]
  properties?: Record<string, Json>
  required?: string[]
  additionalProperties?: Json | boolean
  default?: unknown
  description?: string
  minimum?: number
  maximum?: number
}

export function referencePage(): string {
  return `# Reference

*Written from the schemas in \`packages/protocol\` by \`npm run reference\`; a test keeps it equal.* [The protocol](protocol.md) tells how they work together.

## Messages of the client

${Object.entries(CLIENT_MESSAGES)
  .map(([name, schema]) => message(name, schema, 'input'))
  .join('\n')}
## Messages of the server

${Object.entries(SERVER_MESSAGES)
  .map(([name, schema]) => message(name, schema, 'output'))
  .join('\n')}
## Documents

${message('report', Report, 'output')}
${message('observation', Observation, 'output')}
## Routes

| route | what | errors |
| --- | --- | --- |
${HTTP_ROUTES.map(({ method, path, summary, errors }) => `| \`${method.toUpperCase()} ${path}\` | ${cell(summary)} | ${errors.map((code) => `\`${code}\``).join(' ')} |`).join('\n')}
`
}

function message(name: string, schema: z.ZodType, io: 'input' | 'output'): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  const rows = Object.entries(properties)
    .filter(([field, { const: fixed }]) => !(field === 'type' && fixed !== undefined))
    .map(
      ([field, json]) =>
        `| \`${field}\` | ${typeText(json)} | ${requiredText(json, required.includes(field))} | ${cell(json.description ?? '')} |`,
    )
  if (rows.length === 0) return `### \`${name}\`\n\nNo fields.\n`
  return `### \`${name}\`\n\n| field | type | | |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

function requiredText({ default: fallback }: Json, required: boolean): string {
  if (fallback !== undefined) return `\`${cell(JSON.stringify(fallback))}\``
  return required ? 'required' : ''
}

function typeText(json: Json): string {
  if (json.const !== undefined) return `\`${JSON.stringify(json.const)}\``
  if (json.enum)
    return json.enum.length > 20 ? 'a code of [errors](errors.md)' : json.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (json.anyOf) return [...new Set(json.anyOf.map(typeText))].join(' or ')
  if (json.type === 'array') return `list of ${typeText(json.items ?? {})}`
  if (json.type === 'object') return json.properties ? `{${Object.keys(json.properties).join(', ')}}` : 'object'
  return `${Array.isArray(json.type) ? json.type.join(' or ') : (json.type ?? 'anything')}${range(json)}`
}

function range({ minimum, maximum }: Json): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : null
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : null
  if (low !== null && high !== null) return ` ${low}–${high}`
  return low === null ? (high === null ? '' : ` ≤ ${high}`) : ` ≥ ${low}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

if (import.meta.main) process.stdout.write(referencePage())
