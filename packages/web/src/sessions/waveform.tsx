import type { Peaks } from '@vigia/protocol'
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react'
import { useText } from '../i18n/i18n.ts'
import { clock } from '../std/format.ts'
import { hueOf } from '../ui/speaker.tsx'
import type { Row } from './model.ts'

const HEIGHT = 72

/** The recording drawn from peaks of the server, coloured by speaker, with photos, marks and gaps on it. */
export function Waveform({
  peaks,
  rows,
  position,
  onSeek,
}: {
  peaks: Peaks
  rows: readonly Row[]
  position: number
  onSeek: (seconds: number) => void
}) {
  const { t } = useText()
  const canvas = useRef<HTMLCanvasElement>(null)
  const pairs = useMemo(() => Int8Array.from(atob(peaks.peaks), (char) => (char.charCodeAt(0) << 24) >> 24), [peaks])

  useEffect(() => {
    const element = canvas.current!
    const draw = (): void => paint(element, pairs, peaks, rows)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    const theme = new MutationObserver(draw)
    theme.observe(document.documentElement, { attributes: true })
    return () => {
      observer.disconnect()
      theme.disconnect()
    }
  }, [pairs, peaks, rows])

  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -5, ArrowRight: 5, PageDown: -30, PageUp: 30 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    onSeek(Math.min(peaks.duration, Math.max(0, position + step)))
  }
  const percent = (seconds: number): string => `${Math.min(100, (seconds / Math.max(0.001, peaks.duration)) * 100)}%`
  return (
    <div
      className="waveform"
      role="slider"
      tabIndex={0}
      aria-label={t('position')}
      aria-valuemin={0}
      aria-valuemax={Math.round(peaks.duration)}
      aria-valuenow={Math.round(position)}
      aria-valuetext={clock(position)}
      onKeyDown={onKey}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        onSeek(((event.clientX - box.left) / box.width) * peaks.duration)
      }}
    >
      <canvas ref={canvas} height={HEIGHT} />
      {rows.map((row) =>
        row.kind === 'frame' || row.kind === 'mark' ? (
          <span key={row.key} className={`pin ${row.kind}`} style={{ left: percent(row.at) }} aria-hidden="true" />
        ) : null,
      )}
      <span className="playhead" style={{ left: percent(position) }} aria-hidden="true" />
    </div>
  )
}

function paint(canvas: HTMLCanvasElement, pairs: Int8Array, peaks: Peaks, rows: readonly Row[]): void {
  const width = canvas.clientWidth
  const scale = devicePixelRatio || 1
  canvas.width = Math.max(1, width * scale)
  canvas.height = HEIGHT * scale
  const context = canvas.getContext('2d')!
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  const quiet = style.getPropertyValue('--line-strong')
  const hues = Array.from({ length: 8 }, (_, i) => style.getPropertyValue(`--hue-${i}`))
  const columns = Math.floor(width / 3)
  const windows = pairs.length / 2
  const segments = rows.filter((row) => row.kind === 'segment')
  let at = 0
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * windows) / columns)
    const to = Math.max(from + 1, Math.floor(((column + 1) * windows) / columns))
    let loudest = 0
    for (let i = from; i < to && i < windows; i++) loudest = Math.max(loudest, pairs[2 * i + 1]!, -pairs[2 * i]!)
    const seconds = from / peaks.per_second
    while (at < segments.length && segments[at]!.segment.end < seconds) at += 1
    const next = segments[at]?.segment
    const spoken = next && next.start <= seconds ? next : null
    context.fillStyle = (spoken ? hues[hueOf(spoken.speaker)] : quiet) ?? quiet
    const height = Math.max(2, (loudest / 128) ** 0.7 * (HEIGHT - 8))
    context.beginPath()
    context.roundRect(column * 3, (HEIGHT - height) / 2, 2, height, 1)
    context.fill()
  }
}
