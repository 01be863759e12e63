import { expect, it } from 'vitest'
import { UndoShelf } from './undo.ts'

function shelf() {
  const timers: { run: () => void; on: boolean }[] = []
  const log: string[] = []
  const made = new UndoShelf({
    after(_, run) {
      const timer = { run, on: true }
      timers.push(timer)
      return () => {
        timer.on = false
      }
    },
  })
  const thing = (name: string) => ({ label: name, undo: () => void log.push(`undo ${name}`), settle: () => void log.push(name) })
  const pass = () => {
    for (const timer of timers.splice(0)) if (timer.on) timer.run()
  }
  return { made, log, thing, pass }
}

it('does what was deferred when the time is over, once', () => {
  const { made, log, thing, pass } = shelf()
  made.offer(thing('a'))
  expect([made.notice?.label, log]).toEqual(['a', []])
  pass()
  made.undo()
  made.settle()
  expect([made.notice, log]).toEqual([null, ['a']])
})

it('takes back instead, and then never does it', () => {
  const { made, log, thing, pass } = shelf()
  made.offer(thing('a'))
  made.undo()
  pass()
  expect(log).toEqual(['undo a'])
})

it('settles what a newer thing takes the place of, whose undo is the one that is left', () => {
  const { made, log, thing } = shelf()
  made.offer(thing('a'))
  made.offer(thing('b'))
  expect(log).toEqual(['a'])
  made.undo()
  expect(log).toEqual(['a', 'undo b'])
  made.say('c')
  made.undo()
  expect([made.notice?.label, log]).toEqual(['c', ['a', 'undo b']])
})
