import { expect, it } from 'vitest'
import { toFtsQuery } from './search.ts'

it.each([
  ['hola', '"hola"*'],
  ['hola ', '"hola"'],
  ['Hola, qué tal?', '"Hola" "qué" "tal"'],
  ['a OR "b" NOT c*', '"a" "OR" "b" "NOT" "c"'],
  ['col:valor', '"col" "valor"*'],
])('takes %j as the words %s', (text, query) => expect(toFtsQuery(text)).toBe(query))

it.each(['', '  ', '"*^-():', '😀'])('finds no word in %j', (text) => expect(toFtsQuery(text)).toBeNull())
