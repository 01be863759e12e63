import { VigiaError } from '@vigia/protocol'
import type { PhotoMeasures } from '../../photo-processor.ts'
import type { ObservationDraft, Vision } from '../../vision.ts'
import { measuredTexts } from './texts.ts'

/** Measures one photo; used where the request does not bring its measures. */
export type Measure = (jpeg: Uint8Array, signal: AbortSignal) => Promise<PhotoMeasures>

/**
 * Vision without a model: says what can be measured of a photo (format, light, blur, colours), and that nothing recognised
 * what it shows. Holds no resources.
 */
export function openMeasuredVision(measure: Measure = cannotMeasure): Vision {
  return {
    id: 'measured',
    model: 'none',
    method: 'measured',
    note: 'Tells light, focus and colours only: no vision model and no detector looks at photos.',
    async describe({ images, language, prompt, measured }, signal) {
      signal.throwIfAborted()
      if (images.length === 0) throw new VigiaError('vision_failed', 'Expected a photo, got none.')
      const photo = measured ?? (await measure(images[0] ?? new Uint8Array(), signal))
      return measuredDraft(photo, language, prompt !== undefined)
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Puts measures into words. Pure. @param asked - whether a question was put that stays without an answer */
export function measuredDraft(photo: PhotoMeasures, language: string, asked: boolean): ObservationDraft {
  const texts = measuredTexts(language)
  return {
    description: [asked ? texts.cannotAnswer : texts.noModel, texts.measures(photo), texts.unknown].join(' '),
    people: [],
    objects: [],
    text_visible: [],
    surroundings: '',
    activities: [],
    dangers: [],
    suggestions: [],
    uncertain: [texts.uncertain],
  }
}

/** The vision service brings the measures of every photo. */
const cannotMeasure: Measure = async () => {
  throw new VigiaError('vision_failed', 'Expected the measures of the photo, got none.')
}
