import { MIN_AGREEMENT, MIN_SCORE } from '../../../src/engines/adapters/embedded/reliability.ts'
import { openSileroVad } from '../../../src/engines/adapters/silero/silero.ts'
import { evaluateGate, type GateRow } from './evaluate.ts'
import { chopped, hasRealRecordings, realUtterances, syntheticUtterances } from './recordings.ts'

/**
 * Prints the table of `docs/engines-embedded.md`:
 *
 *     node packages/server/test/models/gate/print-table.ts
 */

const cells = ({ name, voice, seconds, score, agreement, excluded }: GateRow): string =>
  `| ${name} | ${voice} | ${seconds.toFixed(1)} | ${score.toFixed(2)} | ${agreement?.toFixed(2) ?? ''} | ${excluded ? 'unreliable' : 'kept'} |`

await using vad = await openSileroVad()
const spoken = hasRealRecordings ? await realUtterances(vad) : []
const rows = await evaluateGate([...syntheticUtterances(), ...spoken])
const synthetic = rows.filter(({ voice }) => voice === 'synthetic')
const real = rows.filter(({ voice }) => voice === 'real')
const count = (of: GateRow[], excluded: boolean): number => of.filter((row) => row.excluded === excluded).length

console.log(`Bounds: score ${MIN_SCORE}, agreement ${MIN_AGREEMENT}.
False rejects: ${count(synthetic, true)} of ${synthetic.length} synthetic utterances. False accepts: ${count(real, false)} of ${real.length} real ones.

| utterance | voice | s | score | agreement | verdict |
| --- | --- | --- | --- | --- | --- |
${rows.map(cells).join('\n')}`)

console.log(`
| real voices chopped into pieces of | pieces with text | kept |
| --- | --- | --- |`)
for (const seconds of [0.4, 0.8, 1.2, 2, 3]) {
  const pieces = await evaluateGate(chopped(spoken, seconds))
  console.log(`| ${seconds} s | ${pieces.length} | ${count(pieces, false)} |`)
}
