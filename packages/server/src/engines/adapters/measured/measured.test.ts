import { expect, test } from 'vitest'
import { visionContract } from '../../contract/vision-contract.ts'
import { measuredDraft, openMeasuredVision } from './measured.ts'

const photo = { width: 1280, height: 960, light: 58, sharpness: 900, colors: ['azul', 'gris', 'negro'], dhash: '0'.repeat(16) }

visionContract(
  'measured',
  async () => openMeasuredVision(),
  async () => ({ first: Uint8Array.of(1), second: Uint8Array.of(2), measured: photo }),
)

test('says what was measured, and that nothing recognised what the photo shows', () => {
  const { description, ...rest } = measuredDraft(photo, 'es', false)
  expect(description).toBe(
    'No hay ningún modelo de visión instalado, así que solo se dice lo que se puede medir. ' +
      'Es una foto apaisada de 1280 × 960 píxeles, con poca luz y nítida; predominan el azul, el gris y el negro. ' +
      'No se sabe qué aparece en ella.',
  )
  expect(rest).toMatchObject({ people: [], objects: [], dangers: [], text_visible: [] })
  expect(rest.uncertain[0]).toContain('peligros')
})

test('tells shapes, light and focus apart', () => {
  const say = (change: Partial<typeof photo>) => measuredDraft({ ...photo, ...change }, 'es', false).description
  expect(say({ width: 960, height: 1280, light: 20, sharpness: 10, colors: ['negro'] })).toContain(
    'vertical de 960 × 1280 píxeles, muy oscura y borrosa; predomina el negro.',
  )
  expect(say({ width: 500, height: 500, light: 220, sharpness: 60, colors: [] })).toContain(
    'cuadrada de 500 × 500 píxeles, muy clara y algo borrosa.',
  )
})

test('does not pretend to answer a question', () => {
  expect(measuredDraft(photo, 'es-MX', true).description).toContain('queda sin respuesta')
})

test('speaks English when asked', () => {
  expect(measuredDraft(photo, 'en-US', false).description).toContain('dim and sharp; mostly blue, grey and black.')
})

test('uses the measures of the request, and measures itself where there are none', async () => {
  const measured: Uint8Array[] = []
  await using vision = openMeasuredVision(async (jpeg) => {
    measured.push(jpeg)
    return { ...photo, width: 33 }
  })
  const image = Uint8Array.of(1)
  const signal = new AbortController().signal
  expect(vision.method).toBe('measured')
  expect((await vision.describe({ images: [image], language: 'es', measured: photo }, signal)).description).toContain('1280')
  expect(measured).toEqual([])
  expect((await vision.describe({ images: [image], language: 'es' }, signal)).description).toContain('33')
  expect(measured).toEqual([image])
  await expect(vision.describe({ images: [image], language: 'es' }, AbortSignal.abort())).rejects.toThrow()
})
