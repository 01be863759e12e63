import { useMemo } from 'react'
import { encode } from 'uqr'
import { useText } from '../i18n/i18n.ts'

/** A QR code as one path; dark on light in both themes, as readers expect. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { t } = useText()
  const { size, data } = useMemo(() => encode(text, { ecc: 'M', border: 2 }), [text])
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={t('qr', { url: label })}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#14202b" />
    </svg>
  )
}
