import { brokenLlm } from '../broken-fakes.ts'
import { llmContract } from '../llm-contract.ts'

llmContract('a broken fake', async () => brokenLlm())
