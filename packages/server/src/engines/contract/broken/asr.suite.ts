import { asrContract } from '../asr-contract.ts'
import { brokenAsr } from '../broken-fakes.ts'

asrContract(
  'a broken fake',
  async () => brokenAsr(),
  async () => ({ samples: new Int16Array(16_000), language: 'es', words: ['hola'] }),
)
