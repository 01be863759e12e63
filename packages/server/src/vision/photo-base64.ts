import { VigiaError } from '@vigia/protocol'

const DATA_URL = /^data:[\w.+-]*\/?[\w.+-]*(;[\w=.+-]+)*;base64,/i

/**
 * Decodes a photo written as base64: plain or URL-safe alphabet, with or without padding, line breaks or a `data:` prefix.
 *
 * @param maxBytes - checked before decoding
 * @throws VigiaError `invalid_base64`, `image_too_large`
 */
export function decodePhotoBase64(text: string, maxBytes: number): Uint8Array {
  const prefix = DATA_URL.exec(text.slice(0, 200))?.[0].length ?? 0
  // Line breaks of 76-column base64 add 3 %.
  if (text.length - prefix > Math.ceil((maxBytes * 4) / 3) * 1.03 + 8) {
    throw new VigiaError(
      'image_too_large',
      `A photo may have ${maxBytes} bytes, got about ${Math.floor((text.length * 3) / 4)}.`,
      {
        hint: 'Scale it down before sending; 1280 px on the long edge is all that is looked at.',
      },
    )
  }
  const digits = text.slice(prefix).replace(/\s+/g, '')
  if (digits.length === 0 || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(digits) || digits.replace(/=+$/, '').length % 4 === 1) {
    throw new VigiaError('invalid_base64', 'Expected a photo in base64, got text that is not base64.', {
      hint: 'Send the file as it is, encoded once; a "data:image/jpeg;base64," prefix may stay.',
    })
  }
  return Buffer.from(digits, 'base64')
}
