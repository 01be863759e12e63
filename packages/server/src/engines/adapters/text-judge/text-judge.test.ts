import { describe, expect, it } from 'vitest'
import { judgeContract } from '../../contract/judge-contract.ts'
import { completeness } from './rules.ts'
import { openTextJudge } from './text-judge.ts'

judgeContract('text', openTextJudge)

describe('how finished words read', () => {
  it.each([
    ['¿Qué hora es?', 'es'],
    ['qué hora es', 'es'],
    ['Ponlo en la mesa.', 'es'],
    ['what time is it', 'en'],
  ])('"%s" is complete', (text, language) => {
    expect(completeness(text, language)).toBeGreaterThanOrEqual(0.4)
  })

  it.each([
    ['quiero que apuntes la reunión de', 'es'],
    ['ponlo en la', 'es'],
    ['y entonces le dije que', 'es'],
    ['please move the meeting to the', 'en'],
    ['I think that', 'en'],
    ['bueno…', 'es'],
    ['', 'es'],
  ])('"%s" goes on', (text, language) => {
    expect(completeness(text, language)).toBeLessThan(0.4)
  })
})
