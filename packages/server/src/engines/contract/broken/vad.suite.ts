import { brokenVad } from '../broken-fakes.ts'
import { vadContract } from '../vad-contract.ts'

vadContract(
  'a broken fake',
  async () => brokenVad(),
  async () => new Int16Array(512 * 80).fill(9),
)
