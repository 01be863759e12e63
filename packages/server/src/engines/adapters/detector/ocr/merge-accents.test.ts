import { expect, test } from 'vitest'
import { mergeAccents } from './merge-accents.ts'

test.each([
  ['Ninos jugando', 'Niños jugando', 'Niños jugando'],
  ['PRECAUCION', 'PRECAUCIÓN', 'PRECAUCIÓN'],
  ['Precaucion!', '¡Precaución!', '¡Precaución!'],
  ['iCuidado!', '¡Cuidado!', '¡Cuidado!'],
  ['?Que pone', '¿Qué pone', '¿Qué pone'],
  ['Teléfono 912 345 67', 'Telefono 912 345 61', 'Teléfono 912 345 67'],
  ['SALIDA', 'SAL1DA', 'SALIDA'],
  ['SALIDADE', 'SALIDA DE', 'SALIDA DE'],
  ['autorizaci6n', 'autorización', 'autorización'],
  [';Dónde', '¿Dónde', '¿Dónde'],
  ['Calle 6', 'Calle ó', 'Calle 6'],
  ['ANO 2026', 'AÑO 2026', 'AÑO 2026'],
])('%s, read again as %s, is %s', (first, second, merged) => {
  expect(mergeAccents(first, second)).toBe(merged)
})

test.each([
  ['LES ARTS DECORATIFS', 'dy LOUVRE'],
  ['SALIDA', ''],
  ['SALIDA', '~ _ —'],
])('%s stays when it is read again as something else: %s', (first, second) => {
  expect(mergeAccents(first, second)).toBe(first)
})
