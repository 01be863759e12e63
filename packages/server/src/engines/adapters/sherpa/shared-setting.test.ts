import { describe, expect, it } from 'vitest'
import { SharedSetting } from './shared-setting.ts'

describe('a shared setting', () => {
  it('lets equal work run together, makes other work wait, and keeps the order', async () => {
    const log: string[] = []
    const setting = new SharedSetting<string>((value) => log.push(`set ${value}`))
    const gates = new Map<string, () => void>()
    const work = (name: string, value: string) =>
      setting.use(value, async () => {
        log.push(`start ${name}`)
        await new Promise<void>((resolve) => gates.set(name, resolve))
        log.push(`end ${name}`)
      })
    const all = [work('a', 'es'), work('b', 'es'), work('c', 'ca'), work('d', 'es')]
    await Promise.resolve()
    expect(log).toEqual(['set es', 'start a', 'start b'])
    for (const name of ['a', 'b', 'c', 'd']) {
      while (!gates.has(name)) await new Promise((resolve) => setImmediate(resolve))
      gates.get(name)!()
    }
    await Promise.all(all)
    expect(log).toEqual([
      'set es',
      'start a',
      'start b',
      'end a',
      'end b',
      'set ca',
      'start c',
      'end c',
      'set es',
      'start d',
      'end d',
    ])
  })

  it('goes on after work that failed', async () => {
    const setting = new SharedSetting<number>(() => {})
    await expect(setting.use(1, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug')
    expect(await setting.use(2, () => Promise.resolve('ok'))).toBe('ok')
  })
})
