import { SESSION_ID_PATTERN, Timestamp, VigiaError } from '@vigia/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { decodePhotoBase64 } from '../../vision/photo-base64.ts'
import { MAX_BURST } from '../../vision/service.ts'

/** Reads a photo and what belongs to it out of a request, whichever form it comes in. */

export interface FrameForm {
  photos: Uint8Array[]
  sessionId: string | null
  timestamp?: string | number | undefined
  prompt?: string | undefined
  language?: string | undefined
}

const Fields = z.object({
  session_id: z.string().nullish(),
  timestamp: Timestamp.nullish(),
  prompt: z.string().max(2000).nullish(),
  language: z.string().min(2).max(16).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})

/** The same fields inside `metadata`. Made once: zod compiles each schema that it is given. */
const FieldsInMetadata = Fields.partial()

/** The JSON body of `POST /vision/frame` and `/vision/frame_b64`. Inside `metadata`, the other fields may stand as well. */
export const FrameBody = Fields.extend({
  image_b64: z.string().describe('JPEG, PNG, WebP or AVIF in base64, with or without a data: prefix'),
})

/**
 * @throws VigiaError `invalid_request`, `invalid_session_id`, `invalid_base64`, `image_too_large`
 */
export async function readFrameForm(request: FastifyRequest, maxImageBytes: number): Promise<FrameForm> {
  return request.isMultipart() ? readMultipart(request, maxImageBytes) : readJson(request.body, maxImageBytes)
}

function readJson(body: unknown, maxImageBytes: number): FrameForm {
  const parsed = FrameBody.safeParse(body)
  if (!parsed.success) throw invalidRequest(parsed.error)
  return toForm(parsed.data, [decodePhotoBase64(parsed.data.image_b64, maxImageBytes)])
}

async function readMultipart(request: FastifyRequest, maxImageBytes: number): Promise<FrameForm> {
  const photos: Uint8Array[] = []
  const fields: Record<string, unknown> = {}
  const limits = { fileSize: maxImageBytes, files: MAX_BURST, fields: 20, fieldSize: 16_384, parts: MAX_BURST + 20 }
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file') photos.push(await part.toBuffer())
      else fields[part.fieldname] = part.value
    }
  } catch (error) {
    throw multipartError(error, maxImageBytes)
  }
  if (photos.length === 0) {
    throw new VigiaError('invalid_request', 'Expected a photo in the field "file", got none.', {
      hint: 'For example: curl -F file=@photo.jpg http://…/vision/frame',
    })
  }
  const parsed = Fields.safeParse({
    ...fields,
    timestamp: numberIfDigits(fields.timestamp),
    metadata: parseMetadata(fields.metadata),
  })
  if (!parsed.success) throw invalidRequest(parsed.error)
  return toForm(parsed.data, photos)
}

function toForm(fields: z.infer<typeof Fields>, photos: Uint8Array[]): FrameForm {
  const inMetadata = fields.metadata ? (FieldsInMetadata.safeParse(fields.metadata).data ?? {}) : {}
  const sessionId = fields.session_id || inMetadata.session_id || null
  if (sessionId !== null && !SESSION_ID_PATTERN.test(sessionId)) {
    throw new VigiaError('invalid_session_id', 'Expected a session id of 1–128 letters, digits, dots, dashes or underscores.', {
      hint: 'Use the session_id that config_ack gave.',
    })
  }
  return {
    photos,
    sessionId,
    timestamp: fields.timestamp ?? inMetadata.timestamp ?? undefined,
    prompt: fields.prompt || inMetadata.prompt || undefined,
    language: fields.language ?? inMetadata.language ?? undefined,
  }
}

/** Form fields are text: milliseconds come as digits; an empty field is one that was left out. */
function numberIfDigits(value: unknown): unknown {
  if (value === '') return undefined
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

function parseMetadata(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return undefined
  try {
    return JSON.parse(value)
  } catch (cause) {
    throw new VigiaError('invalid_json', 'Expected JSON in the field "metadata", got other text.', { cause })
  }
}

function invalidRequest(error: z.ZodError): VigiaError {
  const [issue] = error.issues
  const field = issue?.path.join('.') || 'body'
  return new VigiaError('invalid_request', `Field "${field}": ${issue?.message ?? 'invalid'}.`, {
    hint: 'Send multipart with a file, or JSON {"image_b64": "…", "session_id": "…"}.',
    cause: error,
  })
}

function multipartError(error: unknown, maxImageBytes: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'FST_REQ_FILE_TOO_LARGE') {
    return new VigiaError('image_too_large', `A photo may have ${maxImageBytes} bytes, got more.`, {
      hint: 'Scale it down before sending; 1280 px on the long edge is all that is looked at.',
      cause: error,
    })
  }
  if (code === 'FST_FILES_LIMIT' || code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return new VigiaError('invalid_request', `Expected at most ${MAX_BURST} photos and 20 fields, got more.`, { cause: error })
  }
  if (VigiaError.is(error)) return error
  return new VigiaError('invalid_request', 'Expected a complete multipart body, got a broken one.', { cause: error })
}
