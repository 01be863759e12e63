import { expect, test } from 'vitest'
import { bannedIn, withoutBanned } from './banned.ts'

test.each([
  ['El lugar es seguro.', 'safety'],
  ['La calle parece muy segura.', 'safety'],
  ['No hay peligro.', 'safety'],
  ['No hay ningún riesgo.', 'safety'],
  ['The place is safe.', 'safety'],
  ['There are no hazards.', 'safety'],
  ['Es la famosa cantante.', 'identity'],
  ['Una mujer asiática.', 'origin'],
  ['An African man stands there.', 'origin'],
  ['Una mujer embarazada.', 'health'],
  ['El hombre parece muy enfermo.', 'health'],
  ['Las personas parecen felices.', 'emotion'],
  ['She looks very sad.', 'emotion'],
  ['Un hombre de unos 40 años.', 'age'],
  ['A 30-year-old man.', 'age'],
  ['Una familia musulmana.', 'belief'],
] as const)('%s is %s', (text, kind) => {
  expect(bannedIn(text)).toContain(kind)
})

test.each([
  'No se aprecian peligros evidentes.',
  'No hay peligros evidentes.',
  'No es seguro cruzar aquí.',
  'No evident dangers are seen.',
  'Un casco de seguridad cuelga del gancho.',
  'Una persona adulta con un abrigo negro, a la izquierda.',
  'Es seguro que ha llovido: el suelo brilla.',
  'Un coche blanco está aparcado.',
  'Una mujer con una chaqueta blanca.',
  'Un edificio de hace 100 años.',
  'Pone «Feliz Navidad».',
  'Un niño juega con un perro negro.',
  'A white car is parked in front.',
  'A man in a black coat.',
])('%s is allowed', (text) => {
  expect(bannedIn(text)).toEqual([])
})

test('only the sentence that makes the inference is taken out', () => {
  expect(withoutBanned('Hay dos personas. Parecen contentas. A la derecha, un coche.')).toEqual({
    text: 'Hay dos personas. A la derecha, un coche.',
    removed: ['emotion'],
  })
})
