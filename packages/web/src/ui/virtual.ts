import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'

/** Only the rows that can be seen are in the page; heights are measured as rows come up. */

export interface Virtual {
  /** Of all rows together, pixels. */
  total: number
  rows: { index: number; top: number }[]
  /** For each drawn row, so that it is measured. */
  measure: (index: number) => (element: HTMLElement | null) => void
  /** Brings a row into view, a third from the top. */
  scrollTo: (index: number, smooth?: boolean) => void
}

const OVERSCAN_PX = 600

/** Tops of all rows, and the total as last entry. Pure. */
export function topsOf(count: number, heightOf: (index: number) => number): Float64Array {
  const tops = new Float64Array(count + 1)
  for (let i = 0; i < count; i++) tops[i + 1] = tops[i]! + heightOf(i)
  return tops
}

/** Index of the row at a height: the last whose top is not below it. Pure. */
export function rowAt(tops: Float64Array, y: number): number {
  let [low, high] = [0, tops.length - 2]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (tops[middle]! <= y) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}

/** @param keyOf - identity of a row, under which its height is remembered */
export function useVirtual(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  keyOf: (index: number) => string,
  estimate: number,
): Virtual {
  const heights = useRef(new Map<string, number>())
  const [version, setVersion] = useState(0)
  const [view, setView] = useState({ top: 0, height: 800 })
  const elements = useRef(new Map<Element, string>())
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` counts measured heights
  const tops = useMemo(
    () => topsOf(count, (index) => heights.current.get(keyOf(index)) ?? estimate),
    [count, keyOf, estimate, version],
  )

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    let frame = 0
    const read = (): void => {
      frame = 0
      setView((before) => {
        const next = { top: element.scrollTop, height: element.clientHeight }
        return Math.abs(next.top - before.top) < 40 && next.height === before.height ? before : next
      })
    }
    const later = (): void => {
      frame ||= requestAnimationFrame(read)
    }
    read()
    element.addEventListener('scroll', later, { passive: true })
    const resized = new ResizeObserver(later)
    resized.observe(element)
    return () => {
      cancelAnimationFrame(frame)
      element.removeEventListener('scroll', later)
      resized.disconnect()
    }
  }, [scroller])

  const observer = useRef<ResizeObserver | null>(null)
  observer.current ??= new ResizeObserver((entries) => {
    let changed = false
    for (const { target, borderBoxSize } of entries) {
      const key = elements.current.get(target)
      const height = borderBoxSize[0]?.blockSize ?? 0
      if (key === undefined || height === 0 || Math.abs((heights.current.get(key) ?? 0) - height) < 0.5) continue
      heights.current.set(key, height)
      changed = true
    }
    if (changed) setVersion((value) => value + 1)
  })
  useEffect(() => () => observer.current?.disconnect(), [])

  const measure = useCallback(
    (index: number) => (element: HTMLElement | null) => {
      if (!element) return
      elements.current.set(element, keyOf(index))
      observer.current?.observe(element)
      return () => {
        observer.current?.unobserve(element)
        elements.current.delete(element)
      }
    },
    [keyOf],
  )

  const topsRef = useRef(tops)
  topsRef.current = tops
  const scrollTo = useCallback(
    (index: number, smooth = true) => {
      const element = scroller.current
      const top = topsRef.current[index]
      if (!element || top === undefined) return
      const quiet = !smooth || matchMedia('(prefers-reduced-motion: reduce)').matches
      element.scrollTo({ top: Math.max(0, top - element.clientHeight / 3), behavior: quiet ? 'auto' : 'smooth' })
    },
    [scroller],
  )

  const first = rowAt(tops, view.top - OVERSCAN_PX)
  const last = count === 0 ? -1 : rowAt(tops, view.top + view.height + OVERSCAN_PX)
  const rows = Array.from({ length: last - first + 1 }, (_, i) => ({ index: first + i, top: tops[first + i]! }))
  return { total: tops[count] ?? 0, rows: count === 0 ? [] : rows, measure, scrollTo }
}
