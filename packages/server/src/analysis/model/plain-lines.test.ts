import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainMessages, readPlainLines } from './plain-lines.ts'
import { GROUPS, RawAction, RawFinding, RawRisk } from './schema.ts'

const CLAIMS = GROUPS.slice(0, 4)

describe('plain lines of a model that writes no JSON', () => {
  it.each([
    [
      'TAREA | 3, 4 | te mando el contrato | A | mañana | Mandar el contrato',
      'actions',
      { evidence: [3, 4], owner: 'A', due_text: 'mañana', title: 'Mandar el contrato' },
    ],
    [
      '1. **Task** | [7] | “I will call” | nobody | - | Call the bank',
      'actions',
      { evidence: [7], quote: 'I will call', owner: null, due_text: null, title: 'Call the bank' },
    ],
    ['- tarea | 3 | te mando | Mandar el contrato', 'actions', { evidence: [3], owner: null, title: 'Mandar el contrato' }],
    ['| DECISIÓN | líneas 4 y 5 | en azul | Pintar de azul |', 'decisions', { evidence: [4, 5], text: 'Pintar de azul' }],
    ['RIESGO | 5 | si llueve | high | Se moja todo', 'risks', { severity: 'high', text: 'Se moja todo' }],
    ['Question | 9 | who | Who has the keys?', 'questions', { text: 'Who has the keys?' }],
  ] as const)('are read: %s', (line, group, element) => {
    expect(readPlainLines(`Claro, aquí van:\n${line}\nEspero que sirva.`, CLAIMS)).toMatchObject({ [group]: [element] })
  })

  it('are of no use without a label, and of another group than was asked for', () => {
    expect(readPlainLines('Lo siento, no puedo ayudarte.', CLAIMS)).toBeNull()
    expect(readPlainLines('', CLAIMS)).toBeNull()
    expect(readPlainLines('NADA', CLAIMS)).toEqual({})
    expect(readPlainLines('RIESGO | 5 | si llueve | high | Se moja todo', ['actions'])).toEqual({})
  })

  it('are elements in the shape of a JSON answer, whatever the model writes', () => {
    const field = fc.string({ maxLength: 12 })
    const line = fc
      .tuple(fc.constantFrom('TAREA', 'task', 'DECISIÓN', 'riesgo', 'Pregunta', 'x', ''), fc.array(field, { maxLength: 7 }))
      .map(([label, fields]) => [label, ...fields].join(' | '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        for (const [group, elements] of Object.entries(readPlainLines(lines.join('\n'), CLAIMS) ?? {}))
          for (const element of elements) {
            const shape = { actions: RawAction, risks: RawRisk.partial({ severity: true }) }[group] ?? RawFinding
            const { severity: _, ...rest } = element as Record<string, unknown>
            expect(shape.safeParse(rest).success).toBe(true)
          }
      }),
      { numRuns: 200 },
    )
  })

  it('are asked for by group, behind the first question', () => {
    const [question] = plainMessages('es', [], ['actions', 'cancelled'])!
    expect(question!.content[0]).toMatchObject({ text: expect.stringMatching(/TAREA \|/u) })
    expect(JSON.stringify(question)).not.toContain('RIESGO')
    expect(plainMessages('en', [], ['chapters'])).toBeNull()
  })
})
