import { describe, expect, it } from 'vitest'
import { plainText } from './plain.ts'
import { spokenForm } from './spoken.ts'

describe('Spanish as it is said', () => {
  it.each([
    ['El Sr. Pérez pagó 1.234,50 €.', 'El señor Pérez pagó mil doscientos treinta y cuatro euros con cincuenta.'],
    ['Es el 20/11/2026 a las 15:30.', 'Es el veinte de noviembre de dos mil veintiséis a las quince y treinta.'],
    ['Son 21 km a 3,05 km/h.', 'Son veintiún kilómetros a tres coma cero cinco kilómetros por hora.'],
    ['Hace -3 °C, un 5 % menos.', 'Hace menos tres grados, un cinco por ciento menos.'],
    ['Dura 1 h y cuesta $5.', 'Dura una hora y cuesta cinco dólares.'],
    ['El 2º piso, p. ej.', 'El segundo piso, por ejemplo'],
    ['Llama al 612345678.', 'Llama al seis uno dos, tres cuatro cinco, seis siete ocho.'],
    ['1000000 y 101', 'un millón y ciento uno'],
  ])('%s', (text, spoken) => {
    expect(spokenForm(text, 'es-MX')).toBe(spoken)
  })
})

describe('English as it is said', () => {
  it.each([
    ['Mr. Smith paid $1,234.50.', 'mister Smith paid one thousand two hundred and thirty-four dollars fifty.'],
    ['On 2026-11-20 at 15:05.', 'On November twentieth, twenty twenty-six at fifteen oh five.'],
    ['It is 21 km, 3.05 kg and 5%.', 'It is twenty-one kilometres, three point zero five kilos and five per cent.'],
    ['The 2nd of 31 at -3 °C', 'The second of thirty-one at minus three degrees Celsius'],
  ])('%s', (text, spoken) => {
    expect(spokenForm(text, 'en')).toBe(spoken)
  })
})

it('leaves the digits of other languages to their voices', () => {
  expect(spokenForm('Il y a 3 chats.', 'fr')).toBe('Il y a 3 chats.')
})

describe('markup', () => {
  it.each([
    ['**Hola**, esto es *importante* y `código`.', 'Hola, esto es importante y código.'],
    ['# Título\n- uno\n- dos', 'Título uno dos'],
    ['Mira [aquí](http://x.y) 😀 ya', 'Mira aquí ya'],
    ['5 * 3 = 15', '5 * 3 = 15'],
    ['mi_variable_larga', 'mi_variable_larga'],
  ])('%s', (text, plain) => {
    expect(plainText(text)).toBe(plain)
  })
})
