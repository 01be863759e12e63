/** The media type of an image by its first bytes (at least 12); `application/octet-stream` when it is none of ours. */
export function sniffImageMime(head: Buffer): string {
  const text = head.toString('latin1')
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (text.startsWith('\x89PNG')) return 'image/png'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp'
  if (text.slice(4, 8) === 'ftyp' && text.slice(8, 11) === 'avi') return 'image/avif'
  return 'application/octet-stream'
}
