import { VigiaError } from '@vigia/protocol'
import { describe, expect, test } from 'vitest'
import { visionContract } from '../contract/vision-contract.ts'
import { llmVision } from './llm-vision.ts'
import { kitchenAnswer, knife, scriptedLlm } from './testing/scripted-llm.ts'

const signal = new AbortController().signal
const image = Uint8Array.of(0xff, 0xd8, 1)
const request = { images: [image], language: 'es' }
const withKnife = { objects: ['un cuchillo en el borde de la mesa'], dangers: [knife] }

const describeWith = (
  answers: (string | Error)[],
  change: Partial<Parameters<ReturnType<typeof llmVision>['describe']>[0]> = {},
) => {
  const llm = scriptedLlm(answers)
  return { llm, draft: llmVision(llm).describe({ ...request, ...change }, signal) }
}

visionContract(
  'a scripted model',
  async () => llmVision(scriptedLlm([kitchenAnswer()])),
  async () => ({
    first: image,
    second: Uint8Array.of(2),
    measured: { width: 640, height: 480, light: 120, sharpness: 500, colors: [], dhash: '0'.repeat(16) },
  }),
)

describe('what is asked', () => {
  test('the photo, the rules and the shape, in Spanish', async () => {
    const { llm, draft } = describeWith([kitchenAnswer()])
    expect((await draft).description).toBe('Es una cocina con una mesa de madera y una taza. No se aprecian peligros evidentes.')
    const [system, user] = llm.requests[0]!.messages
    expect(system?.content[0]).toMatchObject({ text: expect.stringContaining('nunca que algo es seguro') })
    expect(user?.content).toEqual([
      { type: 'image', jpeg: image },
      { type: 'text', text: 'Describe la foto.' },
    ])
    expect(Object.keys(llm.requests[0]!.schema?.properties as object)[0]).toBe('dangers')
    expect(JSON.stringify(llm.requests[0]!.schema)).not.toMatch(/maxLength|maxItems|\$schema/)
  })

  test('any other language by its name', async () => {
    const { llm, draft } = describeWith([kitchenAnswer({ description: 'Une cuisine.' })], { language: 'fr' })
    expect((await draft).description).toBe('Une cuisine.')
    expect(llm.requests[0]!.messages[0]!.content[0]).toMatchObject({ text: expect.stringContaining('every text in French') })
  })

  test('a question, whose answer is the description as it stands', async () => {
    const { llm, draft } = describeWith([kitchenAnswer({ description: 'Pone «Salida».' })], { prompt: '¿Qué pone en el cartel?' })
    expect((await draft).description).toBe('Pone «Salida».')
    const asked = llm.requests[0]!.messages[1]!.content.at(-1)
    expect(asked).toMatchObject({ text: expect.stringContaining('Pregunta: ¿Qué pone en el cartel?') })
  })

  test('a burst in one request, as far as the context has room', async () => {
    const images = [1, 2, 3, 4].map((i) => Uint8Array.of(i))
    const roomy = scriptedLlm([kitchenAnswer()], { contextTokens: 32_768 })
    await llmVision(roomy).describe({ images, language: 'es' }, signal)
    expect(roomy.requests[0]!.messages[1]!.content).toHaveLength(5)
    const small = scriptedLlm([kitchenAnswer()], { contextTokens: 4096 })
    await llmVision(small).describe({ images, language: 'es' }, signal)
    expect(small.requests[0]!.messages[1]!.content).toHaveLength(2)
  })

  test('not at all of a model that takes no images', () => {
    expect(() => llmVision(scriptedLlm([], { images: false }))).toThrow(VigiaError)
  })
})

describe('how an answer may come', () => {
  test.each([
    ['in a code fence', `\`\`\`json\n${kitchenAnswer()}\n\`\`\``],
    ['after thinking', `<think>¿{"dangers": una mesa}?</think>${kitchenAnswer()}`],
    ['after thinking whose beginning the server swallowed', `Veamos {a}.</think>\n${kitchenAnswer()}`],
    ['between sentences', `Aquí está: ${kitchenAnswer()} ¡Espero que ayude!`],
    ['with grades in Spanish', kitchenAnswer({ dangers: [{ ...knife, severity: 'media', certainty: 'Alta' }] })],
  ])('%s', async (_, answer) => {
    const { llm, draft } = describeWith([answer])
    expect((await draft).objects).toContain('una taza en el centro')
    expect(llm.requests).toHaveLength(1)
  })

  test.each([
    ['cut in half', kitchenAnswer().slice(0, 90)],
    ['with an unknown grade', kitchenAnswer({ dangers: [{ ...knife, severity: 'apocalíptica' }] })],
    ['without a field', kitchenAnswer({ people: undefined })],
    ['with a field too many', kitchenAnswer({ mood: 'feliz' })],
    ['as a refusal', 'Lo siento, no puedo ayudar con eso.'],
    ['empty', ''],
  ])('%s: asked again once, with what was wrong and without its words', async (_, bad) => {
    const { llm, draft } = describeWith([bad, kitchenAnswer()])
    expect((await draft).objects).toContain('una taza en el centro')
    expect(llm.requests).toHaveLength(2)
    const repair = llm.requests[1]!.messages.at(-1)!.content[0]
    expect(repair).toMatchObject({ text: expect.stringContaining('no se puede leer') })
    expect(JSON.stringify(repair)).not.toContain('apocalíptica')
  })

  test('wrong twice: what can be used is used, and no danger is lost', async () => {
    const bad = kitchenAnswer({ people: 'nadie', dangers: [{ what: 'fuego', severity: '???' }, 7, 'humo'] })
    const draft = await describeWith([bad, bad]).draft
    expect(draft.people).toEqual([])
    expect(draft.dangers).toEqual([
      { what: 'fuego', why: '', where: '', severity: 'medium', certainty: 'low' },
      { what: 'humo', why: '', where: '', severity: 'medium', certainty: 'low' },
    ])
  })

  test('nothing usable twice is one clear error that quotes nothing', async () => {
    const { llm, draft } = describeWith(['Lo siento, secreto-7.'])
    const error = await draft.catch((e: unknown) => e)
    expect(VigiaError.is(error) && error.code).toBe('vision_failed')
    expect(String(error)).not.toContain('secreto-7')
    expect(llm.requests).toHaveLength(2)
  })

  test('an engine that fails passes its own error on, without a repair', async () => {
    const failure = new VigiaError('rate_limited', 'Busy.')
    const { llm, draft } = describeWith([failure])
    await expect(draft).rejects.toBe(failure)
    expect(llm.requests).toHaveLength(1)
  })

  test('a model that never stops is cut', async () => {
    const { draft } = describeWith([`{"description":"${'bla '.repeat(50_000)}`])
    await expect(draft).rejects.toMatchObject({ code: 'vision_failed' })
  })
})

describe('what is not let through', () => {
  test('that a place is safe, and guesses about people', async () => {
    const draft = await describeWith([
      kitchenAnswer({
        description: 'Hay una persona adulta. El lugar es seguro. Parece triste. Delante hay una mesa.',
        people: ['una mujer asiática de unos 40 años', 'una persona adulta a la izquierda'],
      }),
    ]).draft
    expect(draft.description).toBe('Hay una persona adulta. Delante hay una mesa. No se aprecian peligros evidentes.')
    expect(draft.people).toEqual(['una persona adulta a la izquierda'])
    expect(draft.uncertain.join()).toContain('suponía')
  })

  test('a danger that is mentioned last comes first', async () => {
    const draft = await describeWith([kitchenAnswer({ ...withKnife, dangers: [{ ...knife, severity: 'medium' }] })]).draft
    expect(draft.description).toMatch(/^Atención: un cuchillo, al borde de la mesa \(corte\)\. Es una cocina/)
  })

  test('certainty of a danger that nothing else in the answer mentions', async () => {
    const draft = await describeWith([kitchenAnswer({ dangers: [{ ...knife, severity: 'medium' }] })]).draft
    expect(draft.dangers[0]?.certainty).toBe('low')
  })
})

describe('the second look at a danger of high severity', () => {
  const grave = kitchenAnswer(withKnife)
  test.each([
    ['sees it: it stays', '{"seen":"yes","where":"a la derecha"}', [{ severity: 'high', certainty: 'high' }]],
    ['does not see it: it is taken out and named as a doubt', '{"seen":"no","where":""}', []],
    ['a bare no', 'No.', []],
    ['is not sure: medium, low certainty', '{"seen":"unsure","where":""}', [{ severity: 'medium', certainty: 'low' }]],
    ['makes no sense: it stays', 'quizá mañana', [{ severity: 'high' }]],
    ['fails: it stays', new VigiaError('llm_failed', 'x'), [{ severity: 'high' }]],
  ])('%s', async (_, second, dangers) => {
    const { llm, draft } = describeWith([grave, second])
    const done = await draft
    expect(done.dangers).toHaveLength(dangers.length)
    expect(done.dangers).toMatchObject(dangers)
    expect(llm.requests).toHaveLength(2)
    if (dangers.length === 0) {
      expect(done.description).toContain('Al mirar otra vez no se ve: un cuchillo.')
      expect(done.description).not.toContain('Atención')
    }
  })

  test('is not taken for lesser dangers, nor where it is switched off', async () => {
    const lesser = scriptedLlm([kitchenAnswer({ dangers: [{ ...knife, severity: 'medium' }] })])
    await llmVision(lesser).describe(request, signal)
    const off = scriptedLlm([grave])
    await llmVision(off, { secondLook: false }).describe(request, signal)
    expect([lesser.requests.length, off.requests.length]).toEqual([1, 1])
  })
})
