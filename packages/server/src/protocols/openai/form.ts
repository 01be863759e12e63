import { VigiaError } from '@vigia/protocol'
import type { FastifyRequest } from 'fastify'
import { FieldError, text } from '../compat/read.ts'

/** A whole multipart form: fields in any order, `name[]` and `name[sub]` forms, one file. */

export interface Form {
  file: { bytes: Buffer; name: string } | null
  /** Values by name without brackets; nested fields as `outer.inner`. */
  fields: Map<string, string[]>
}

const MAX_FIELDS = 200

/** @throws VigiaError `message_too_large`, `invalid_request` */
export async function readForm(request: FastifyRequest, maxBytes: number): Promise<Form> {
  if (!request.isMultipart()) throw new VigiaError('invalid_request', 'Expected multipart/form-data with a file.')
  const form: Form = { file: null, fields: new Map() }
  for await (const part of request.parts({ limits: { fileSize: maxBytes, files: 4, fields: MAX_FIELDS } })) {
    if (part.type === 'field') {
      addField(form.fields, part.fieldname, String(part.value))
      continue
    }
    const bytes = await part.toBuffer()
    if (part.file.truncated) throw new VigiaError('message_too_large', `Expected a file of at most ${maxBytes} bytes.`)
    if (part.fieldname === 'file') form.file = { bytes, name: part.filename ?? '' }
    else addField(form.fields, part.fieldname, bytes.toString('base64'))
  }
  return form
}

/** `timestamp_granularities[]` and `timestamp_granularities[0]` → `timestamp_granularities`; `chunking_strategy[type]` → `chunking_strategy.type`. */
export function fieldName(name: string): string {
  return name.replace(/\[\d*\]/g, '').replace(/\[([^\]]+)\]/g, '.$1')
}

function addField(fields: Map<string, string[]>, name: string, value: string): void {
  const key = fieldName(name)
  fields.set(key, [...(fields.get(key) ?? []), value])
}

/** The last value of a field. */
export const one = (form: Form, name: string): string | undefined => text(form.fields.get(name)?.at(-1), name)

/** @throws VigiaError `invalid_request` */
export function requireFile({ file }: Form): { bytes: Buffer; name: string } {
  if (!file) throw new FieldError('file', "Missing required parameter: 'file'.")
  if (file.bytes.length === 0) throw new FieldError('file', 'The audio file is empty.')
  return file
}
