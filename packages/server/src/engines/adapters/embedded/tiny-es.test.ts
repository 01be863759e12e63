import { fixture } from '../../../../test/fixtures/audio/read.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import { simulatedStreaming } from '../../simulated-streaming.ts'
import { openTinyEs } from './tiny-es.ts'

const speech = async () => ({
  samples: await fixture('es-04-tareas'),
  language: 'es',
  words: ['necesito', 'laura', 'facturas', 'octubre', 'revise', 'contrato', 'mañana'],
})

asrContract('tiny-es', openTinyEs, speech)
asrContract('tiny-es with simulated streaming', async () => simulatedStreaming(await openTinyEs(), { paceMs: 400 }), speech)
