import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  DEFAULT_ENDPOINTING,
  type EndpointingEvent,
  flushEndpointing,
  initialEndpointing,
  stepEndpointing,
  WINDOW_MS,
} from './endpointing.ts'

it('gives utterances that follow each other, never overlap and never exceed the limit, for any probabilities', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 60 })), { maxLength: 60 }),
      (runs) => {
        let state = initialEndpointing()
        const events: EndpointingEvent[] = []
        for (const [probability, count] of runs) {
          for (let i = 0; i < count; i++) {
            const [next, out] = stepEndpointing(state, probability, DEFAULT_ENDPOINTING)
            state = next
            events.push(...out)
          }
        }
        events.push(...flushEndpointing(state)[1])
        let open: number | null = null
        let floor = 0
        for (const event of events) {
          if (event.type === 'start') {
            expect(open).toBeNull()
            expect(event.start).toBeGreaterThanOrEqual(floor)
            open = event.start
          } else if (event.type === 'end') {
            expect(open).not.toBeNull()
            expect(event.speechEnd).toBeLessThanOrEqual(event.end)
            expect((event.end - open!) * WINDOW_MS).toBeLessThanOrEqual(
              DEFAULT_ENDPOINTING.maxUtteranceMs + DEFAULT_ENDPOINTING.preRollMs + 200,
            )
            floor = event.end
            open = null
          }
        }
        expect(open).toBeNull()
      },
    ),
  )
})
