import { AskBody } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { answer } from '../../analysis/ask/answer.ts'
import { retrieve } from '../../analysis/ask/retrieve.ts'
import type { Llm } from '../../engines/llm.ts'
import type { HttpDeps } from './deps.ts'
import { ownerFilter } from './guard.ts'
import { parseRequest } from './validate.ts'

/** Segments that are looked at for one question. */
const PASSAGES = 12
/** Longest time for an answer, ms. */
const DEADLINE_MS = 120_000

/** `/ask`: a question over sessions, answered with citations, or that it is not there. */
export function askRoutes(app: FastifyInstance, { store }: HttpDeps, llm: () => Llm | null): void {
  app.post('/ask', { config: { access: ['read'] } }, async (request) => {
    const { question, session_ids, language } = parseRequest(AskBody, request.body, 'body')
    const owner = ownerFilter(request)
    const own = language ?? languageOf(question)
    const passages = await retrieve(store, question, own, {
      limit: PASSAGES,
      ...(owner === undefined ? {} : { owner }),
      ...(session_ids ? { sessionIds: session_ids } : {}),
    })
    const gone = new AbortController()
    request.raw.once('close', () => request.raw.destroyed && gone.abort())
    const { found, text, citations, method } = await answer(
      question,
      passages,
      own,
      llm(),
      AbortSignal.any([gone.signal, AbortSignal.timeout(DEADLINE_MS)]),
    )
    return {
      question,
      found,
      answer: found ? text : NOT_THERE[own],
      method,
      citations: citations.map(({ sessionId, title, segment }) => ({
        session_id: sessionId,
        session_title: title,
        segment_id: segment.id,
        start: segment.start,
        speaker: segment.speaker ?? null,
        text: segment.text,
      })),
    }
  })
}

const NOT_THERE = { es: 'No aparece en las sesiones.', en: 'It is not in the sessions.' }

/** English when it begins with an English question word, else Spanish. */
const languageOf = (question: string): 'es' | 'en' =>
  /^\W*(?:who|what|when|where|which|why|how|did|do|does|is|are|was|were|has|have|will|can|should)\b/iu.test(question)
    ? 'en'
    : 'es'
