import { AudioRefused } from '../../audio-refused.ts'
import { PoisonGuard } from '../../host/poison-guard.ts'

/** Calls at the same time: live sessions and recordings; the process takes them one after the other. */
const SIDE_BY_SIDE = 64

/** Audio that ends a voice model twice is not given to it again, and is not held against the model. */
export const guardVoices = (engine: { forgive(deaths: number): void }): PoisonGuard =>
  new PoisonGuard({
    parallel: SIDE_BY_SIDE,
    onPoison: (deaths) => engine.forgive(deaths),
    refusal: (cause) =>
      new AudioRefused('diarization_failed', 'This piece of audio ended the voice model twice; it is not tried again.', {
        hint: 'Speakers of the rest are told apart. Without models ("classical") it may be heard: change engines.diarizer and analyse again.',
        cause,
      }),
  })
