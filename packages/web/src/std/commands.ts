import { useEffect, useRef } from 'react'

/** One thing a user can do, shared by buttons, keys and the help. */
export interface Command {
  /** A key, or two in a row: `g l`. */
  keys: string
  label: string
  run: () => void
}

const active = new Set<{ current: readonly Command[] }>()
let first = ''
let firstAt = 0
const SEQUENCE_MS = 1000

/** Commands that work while the component is shown. Not while somebody types. */
export function useCommands(commands: readonly Command[]): void {
  const ref = useRef(commands)
  ref.current = commands
  useEffect(() => {
    active.add(ref)
    return () => void active.delete(ref)
  }, [])
}

/** All that work now, for the help. */
export const activeCommands = (): Command[] => [...active].flatMap(({ current }) => current)

/** Listens for keys, once for the whole app. */
export function useKeyboard(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const key = event.key === ' ' ? 'space' : event.key.toLowerCase()
      const pair = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${key}` : key
      const all = activeCommands().reverse()
      const found = all.find(({ keys }) => keys.toLowerCase() === pair) ?? all.find(({ keys }) => keys.toLowerCase() === key)
      first = key
      firstAt = event.timeStamp
      if (!found || (key === 'space' && isControl(event.target))) return
      event.preventDefault()
      found.run()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('dialog') !== null)

/** Space presses these. */
const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a, summary, [role=slider]') !== null
