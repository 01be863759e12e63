import { attribute, FLOAT, file, floats, INT64, int64s, ints, node, text, valueInfo } from '../../sherpa/testing/onnx-writer.ts'

/** Above this share of full scale a window ends the process. */
const POISON_LEVEL = 0.9
const SPEECH_LEVEL = 0.05

/**
 * A voice detector with Silero's inputs and outputs that calls speech what is loud, and ends its process where a window is
 * louder still: the least whole number is divided by -1 there, which traps on x64 (and on no other processor).
 */
export const poisonableVad = (): Uint8Array =>
  file(
    {},
    node('Abs', ['input'], ['levels']),
    node('ReduceMax', ['levels'], ['peak'], ints('axes', [1]), attribute('keepdims', 1)),
    node('Greater', ['peak', 'speechLevel'], ['isSpeech']),
    node('Cast', ['isSpeech'], ['speech'], attribute('to', FLOAT)),
    node('Greater', ['peak', 'poisonLevel'], ['isPoison']),
    node('Where', ['isPoison', 'minusOne', 'plusOne'], ['divisor']),
    node('Where', ['isPoison', 'least', 'none'], ['dividend']),
    node('Div', ['dividend', 'divisor'], ['nothing']),
    node('Cast', ['nothing'], ['nothingAsFloat'], attribute('to', FLOAT)),
    node('Add', ['speech', 'nothingAsFloat'], ['output']),
    node('Identity', ['state'], ['stateN']),
    floats('speechLevel', [1], [SPEECH_LEVEL]),
    floats('poisonLevel', [1], [POISON_LEVEL]),
    int64s('minusOne', [-1]),
    int64s('plusOne', [1]),
    int64s('none', [0]),
    int64s('least', ['-9223372036854775808']),
    text(2, 'poisonable detector'),
    valueInfo(11, 'input', FLOAT, ['N', 576]),
    valueInfo(11, 'state', FLOAT, [2, 'N', 128]),
    valueInfo(11, 'sr', INT64, []),
    valueInfo(12, 'output', FLOAT, ['N', 1]),
    valueInfo(12, 'stateN', FLOAT, [2, 'N', 128]),
  )
