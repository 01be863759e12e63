/**
 * Writes a tiny GGUF language model with random weights for tests: architecture `qwen2`, a byte vocabulary, two layers.
 * It knows nothing; under a grammar its output still fits the schema. Format: GGUF 3 specification.
 */

const UINT32 = 4
const FLOAT32 = 6
const BOOL = 7
const STRING = 8
const ARRAY = 9
const INT32 = 5

const LAYERS = 2
const WIDTH = 64
const HEADS = 4
const KV_HEADS = 2
const FEED_FORWARD = 128
const ALIGNMENT = 32

export interface TinyGgufOptions {
  /** Context length that the file says it was trained for, tokens. */
  contextTokens?: number
  seed?: number
  /** Jinja chat template; the default is ChatML. */
  template?: string
}

const CHAT_ML =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

/** The bytes of a model file, about 440 kB. The same options give the same bytes. */
export function tinyGguf({ contextTokens = 4096, seed = 1, template = CHAT_ML }: TinyGgufOptions = {}): Buffer {
  const tokens = [...byteTokens(), '<|endoftext|>', '<|im_start|>', '<|im_end|>']
  const tensors = tensorShapes(tokens.length)
  const metadata = [
    str('general.architecture', 'qwen2'),
    str('general.name', 'tiny random'),
    u32('general.alignment', ALIGNMENT),
    u32('qwen2.context_length', contextTokens),
    u32('qwen2.embedding_length', WIDTH),
    u32('qwen2.block_count', LAYERS),
    u32('qwen2.feed_forward_length', FEED_FORWARD),
    u32('qwen2.attention.head_count', HEADS),
    u32('qwen2.attention.head_count_kv', KV_HEADS),
    f32('qwen2.rope.freq_base', 10_000),
    f32('qwen2.attention.layer_norm_rms_epsilon', 1e-6),
    str('tokenizer.ggml.model', 'gpt2'),
    str('tokenizer.ggml.pre', 'qwen2'),
    strings('tokenizer.ggml.tokens', tokens),
    ints('tokenizer.ggml.token_type', [...Array<number>(256).fill(1), 3, 3, 3]),
    strings('tokenizer.ggml.merges', ['a b']),
    u32('tokenizer.ggml.bos_token_id', 256),
    u32('tokenizer.ggml.eos_token_id', 258),
    u32('tokenizer.ggml.padding_token_id', 256),
    entry('tokenizer.ggml.add_bos_token', BOOL, Buffer.from([0])),
    str('tokenizer.chat_template', template),
  ]
  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  const random = noise(seed)
  for (const { name, dims } of tensors) {
    const count = dims.reduce((a, b) => a * b, 1)
    const isNorm = name.endsWith('norm.weight')
    const values = Float32Array.from({ length: count }, () => (isNorm ? 1 : random() * 0.2))
    infos.push(Buffer.concat([text(name), int32(dims.length), ...dims.map(int64), int32(0), int64(offset)]))
    const body = padded(Buffer.from(values.buffer))
    data.push(body)
    offset += body.length
  }
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    int32(3),
    int64(tensors.length),
    int64(metadata.length),
    ...metadata,
    ...infos,
  ])
  return Buffer.concat([padded(head), ...data])
}

/** Dimensions as GGUF has them: the fastest first. */
function tensorShapes(vocabulary: number): { name: string; dims: number[] }[] {
  const kv = (WIDTH / HEADS) * KV_HEADS
  const block = (layer: number): { name: string; dims: number[] }[] => {
    const named = (name: string, ...dims: number[]) => ({ name: `blk.${layer}.${name}`, dims })
    return [
      named('attn_norm.weight', WIDTH),
      named('attn_q.weight', WIDTH, WIDTH),
      named('attn_q.bias', WIDTH),
      named('attn_k.weight', WIDTH, kv),
      named('attn_k.bias', kv),
      named('attn_v.weight', WIDTH, kv),
      named('attn_v.bias', kv),
      named('attn_output.weight', WIDTH, WIDTH),
      named('ffn_norm.weight', WIDTH),
      named('ffn_gate.weight', WIDTH, FEED_FORWARD),
      named('ffn_up.weight', WIDTH, FEED_FORWARD),
      named('ffn_down.weight', FEED_FORWARD, WIDTH),
    ]
  }
  return [
    { name: 'token_embd.weight', dims: [WIDTH, vocabulary] },
    { name: 'output_norm.weight', dims: [WIDTH] },
    { name: 'output.weight', dims: [WIDTH, vocabulary] },
    ...Array.from({ length: LAYERS }, (_, layer) => block(layer)).flat(),
  ]
}

/** The 256 bytes as GPT-2 writes them: printable ones as themselves, the others from U+0100 on. */
function byteTokens(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
    return String.fromCodePoint(isPrintable ? byte : next++)
  })
}

/** Repeatable noise from −1 to 1 (Numerical Recipes LCG). */
function noise(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

const int32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
const int64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const text = (value: string): Buffer => Buffer.concat([int64(Buffer.byteLength(value)), Buffer.from(value)])
const entry = (key: string, type: number, body: Buffer): Buffer => Buffer.concat([text(key), int32(type), body])
const u32 = (key: string, value: number): Buffer => entry(key, UINT32, int32(value))
const f32 = (key: string, value: number): Buffer => entry(key, FLOAT32, Buffer.from(Float32Array.of(value).buffer))
const str = (key: string, value: string): Buffer => entry(key, STRING, text(value))
const strings = (key: string, values: readonly string[]): Buffer =>
  entry(key, ARRAY, Buffer.concat([int32(STRING), int64(values.length), ...values.map(text)]))
const ints = (key: string, values: readonly number[]): Buffer =>
  entry(key, ARRAY, Buffer.concat([int32(INT32), int64(values.length), Buffer.from(Int32Array.from(values).buffer)]))

function padded(body: Buffer): Buffer {
  const rest = body.length % ALIGNMENT
  return rest === 0 ? body : Buffer.concat([body, Buffer.alloc(ALIGNMENT - rest)])
}
