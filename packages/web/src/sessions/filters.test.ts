import type { SessionSummary } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { choicesOf, filterOf, isShown, listAddress } from './filters.ts'

const session = (id: string, patch: Partial<SessionSummary>): SessionSummary =>
  ({ session_id: id, language: 'es', tasks: 0, frames: 0, people: [], ...patch }) as SessionSummary
const ALL = [session('a', { people: ['Laura', 'Ana'], tasks: 2 }), session('b', { language: 'en', frames: 1 }), session('c', {})]
const shown = (address: string) =>
  ALL.filter((one) => isShown(one, filterOf(new URLSearchParams(address.split('?')[1])))).map(({ session_id }) => session_id)

it('shows the sessions that an address asks for', () => {
  expect(shown('/sessions')).toEqual(['a', 'b', 'c'])
  expect(shown(listAddress('', { has: 'tasks', language: '', person: '' }))).toEqual(['a'])
  expect(shown(listAddress('', { has: 'all', language: 'en', person: '' }))).toEqual(['b'])
  expect(shown(listAddress('x', { has: 'photos', language: 'es', person: '' }))).toEqual([])
  expect(shown(listAddress('', { has: 'all', language: '', person: 'Laura' }))).toEqual(['a'])
})

it('reads back what it wrote, and leaves out what is not chosen', () => {
  const filter = { has: 'photos', language: 'pt-BR', person: 'María & José' } as const
  const address = listAddress('baja', filter)
  expect(filterOf(new URLSearchParams(address.split('?')[1]))).toEqual(filter)
  expect(new URLSearchParams(address.split('?')[1]).get('q')).toBe('baja')
  expect(listAddress('', filterOf(new URLSearchParams()))).toBe('/sessions')
})

it('offers the languages and people there are', () => {
  expect(choicesOf(ALL)).toEqual({ languages: ['en', 'es'], people: ['Ana', 'Laura'] })
})
