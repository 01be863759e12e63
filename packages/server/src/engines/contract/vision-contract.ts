import { createHash } from 'node:crypto'
import { Danger } from '@vigia/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bannedIn } from '../llm-vision/banned.ts'
import type { PhotoMeasures } from '../photo-processor.ts'
import type { Vision, VisionRequest } from '../vision.ts'

const texts = z.array(z.string().min(1))

/** What every vision engine says of a photo. */
const Draft = z.strictObject({
  description: z.string().min(10),
  people: texts,
  objects: texts,
  text_visible: texts,
  surroundings: z.string(),
  activities: texts,
  dangers: z.array(Danger),
  suggestions: texts,
  uncertain: texts,
})

export interface VisionContractPhotos {
  /** Two different photos as the service hands them over: JPEG, at most 1280 px. */
  first: Uint8Array
  second: Uint8Array
  measured: PhotoMeasures
}

/** What every vision engine promises. */
export function visionContract(name: string, open: () => Promise<Vision>, photos: () => Promise<VisionContractPhotos>): void {
  describe(`${name} as a vision engine`, () => {
    let vision: Vision
    let given: VisionContractPhotos
    let before: string[]
    beforeAll(async () => {
      vision = await open()
      given = await photos()
      before = [given.first, given.second].map(digest)
    })
    afterAll(async () => vision[Symbol.asyncDispose]())

    const see = (change: Partial<VisionRequest> = {}, signal = new AbortController().signal) =>
      vision.describe({ images: [given.first], language: 'es', measured: given.measured, ...change }, signal)

    it('says what it is', () => {
      expect([vision.id, vision.model, vision.method]).toEqual([
        expect.stringMatching(/^[a-z][\w-]*$/),
        expect.stringMatching(/./),
        expect.stringMatching(/^(model|detector|measured)$/),
      ])
    })

    it('gives a whole observation', async () => {
      expect(() => Draft.parse({})).toThrow()
      Draft.parse(await see())
    })

    it('never says that something is safe, nor guesses about people', async () => {
      const draft = await see()
      const said = [draft.description, draft.surroundings, ...draft.people, ...draft.activities, ...draft.suggestions]
      expect(said.join(' ')).not.toBe('')
      expect(said.flatMap(bannedIn)).toEqual([])
    })

    it('takes any language', async () => {
      for (const language of ['en-US', 'fr', 'auto', 'x-unknown']) Draft.parse(await see({ language }))
    })

    it('takes a question, and a burst', async () => {
      Draft.parse(await see({ prompt: '¿Qué pone en el cartel?' }))
      Draft.parse(await see({ images: [given.first, given.second, given.first] }))
    })

    it('says the same of the same photo, also while it looks at another', async () => {
      const alone = await see()
      const [again] = await Promise.all([see(), see({ images: [given.second] }), see({ language: 'en' })])
      expect(again).toEqual(alone)
    })

    it('leaves the pictures as they are', async () => {
      const draft = await see({ images: [given.first, given.second] })
      expect(draft.description).not.toBe('')
      expect([given.first, given.second].map(digest)).toEqual(before)
    })

    it('ends with the reason of an aborted signal, and serves the next photo', async () => {
      const reason = new Error('the client left')
      await expect(see({}, AbortSignal.abort(reason))).rejects.toBe(reason)
      const abort = new AbortController()
      const seeing = see({}, abort.signal).catch((error: unknown) => error)
      setImmediate(() => abort.abort(reason))
      const outcome = await seeing
      if (outcome !== reason) Draft.parse(outcome) // it had finished
      Draft.parse(await see())
    })

    it('fails with its code where there is no photo', async () => {
      await expect(see({ images: [] })).rejects.toMatchObject({ code: 'vision_failed' })
    })
  })
}

const digest = (image: Uint8Array): string => createHash('sha256').update(image).digest('hex')
