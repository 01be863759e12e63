import { describe, expect, it } from 'vitest'
import { type Item, Items, tokensOfItem } from './items.ts'

const message = (id: string, ...content: object[]): Item => ({ id, type: 'message', role: 'user', content })
const picture = (chars: number) => ({ type: 'input_image', image_url: `data:image/jpeg;base64,${'A'.repeat(chars)}` })

describe('items', () => {
  it('follow each other, also where the oldest is forgotten', () => {
    const items = new Items()
    const before = Array.from({ length: 1100 }, (_, i) => items.add(message(`i${i}`)))
    expect(before).toEqual([null, ...Array.from({ length: 1099 }, (_, i) => `i${i}`)])
    expect(items.all).toHaveLength(1000)
    expect(items.add(message('first'), { after: 'root' })).toBeNull()
  })

  it('hold so much of pictures and no more', () => {
    const items = new Items()
    for (let i = 0; i < 10; i += 1) items.add(message(`i${i}`, picture(8_000_000)))
    expect(items.all.map(({ id }) => id)).toEqual(['i6', 'i7', 'i8', 'i9'])
    for (const { id } of [...items.all]) items.remove(id)
    for (let i = 0; i < 10; i += 1) items.add(message(`j${i}`, picture(1_000_000)))
    expect(items.all).toHaveLength(10)
  })

  it('count tokens of their words; a picture counts the same whatever its bytes', () => {
    const text = { type: 'input_text', text: 'x'.repeat(400) }
    expect(tokensOfItem(message('a', text))).toBe(100)
    expect(tokensOfItem(message('a', text, picture(10)))).toBe(tokensOfItem(message('a', text, picture(1_000_000))))
    expect(tokensOfItem({ id: 'c', type: 'function_call', name: 'f', arguments: '{"a":1}' })).toBeGreaterThan(0)
  })
})
