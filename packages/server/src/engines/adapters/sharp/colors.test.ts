import { expect, test } from 'vitest'
import { colorName, dominantColors } from './colors.ts'

test.each([
  ['negro', [10, 12, 9]],
  ['blanco', [245, 244, 240]],
  ['gris', [120, 122, 118]],
  ['rojo', [200, 20, 25]],
  ['naranja', [250, 140, 20]],
  ['amarillo', [240, 220, 30]],
  ['verde', [40, 160, 60]],
  ['turquesa', [40, 200, 195]],
  ['azul', [30, 60, 200]],
  ['morado', [130, 40, 190]],
  ['rosa', [240, 90, 170]],
  ['marrón', [120, 75, 35]],
  ['beige', [225, 200, 160]],
] as const)('calls it %s', (name, [r, g, b]) => {
  expect(colorName(r, g, b)).toBe(name)
})

test('names at most three colours, the most frequent first, and none that covers little', () => {
  const pixels = [...Array(50).fill([30, 60, 200]), ...Array(40).fill([120, 120, 120]), ...Array(10).fill([200, 20, 25])]
  expect(dominantColors(Uint8Array.from(pixels.flat()))).toEqual(['azul', 'gris'])
  expect(dominantColors(new Uint8Array())).toEqual([])
})
