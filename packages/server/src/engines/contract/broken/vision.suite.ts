import { brokenVision } from '../broken-fakes.ts'
import { visionContract } from '../vision-contract.ts'

const measured = { width: 1, height: 1, light: 1, sharpness: 1, colors: [], dhash: '0'.repeat(16) }

visionContract(
  'a broken fake',
  async () => brokenVision(),
  async () => ({ first: Uint8Array.of(1), second: Uint8Array.of(2), measured }),
)
