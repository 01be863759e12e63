import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { VigiaError } from '@vigia/protocol'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import { retryOnce } from '../../host/retry-once.ts'
import type { Llm, LlmEvent, LlmRequest } from '../../llm.ts'
import { openChatLlm } from '../openai-chat/openai-chat.ts'
import type { LlamaServerCalls } from './calls.ts'
import { argumentsOf, type LlamaServerSettings, parseSettings } from './settings.ts'

export interface LlamaServerOptions {
  /** Told of each death of the program, for the log. */
  onDeath?: (death: EngineDeath) => void
}

/**
 * A local `llama-server` of llama.cpp as a supervised process: started with a model (and its projector, to see), restarted
 * when it dies, ended with the gateway. It listens on loopback only, under a key of its own. The program is the owner's.
 *
 * @throws VigiaError `config_invalid`, `model_not_found`, `engine_unavailable` without the program, `model_invalid` when it
 * dies while loading, `out_of_memory` when it does for want of memory
 */
export async function openLlamaServer(settings: LlamaServerSettings, { onDeath }: LlamaServerOptions = {}): Promise<Llm> {
  const config = parseSettings(settings)
  for (const path of [config.modelPath, config.projectorPath]) if (path) await requireFile(path)
  const port = await freePort()
  const key = randomBytes(24).toString('base64url')
  const deaths = new Deaths(onDeath)
  const host = await startEngineProcess<LlamaServerCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: 'llama-server',
    load: { method: 'load', params: { binary: config.binary, args: argumentsOf(config, port), port, key } },
    startDeadlineMs: config.startMs,
    memoryMb: 64,
    onDeath: (death) => deaths.add(death),
  })
  try {
    const chat = await openChatLlm({
      baseUrl: `http://127.0.0.1:${port}/v1`,
      apiKey: key,
      contextTokens: config.contextTokens,
      images: config.projectorPath !== undefined,
      timeoutMs: config.timeoutMs,
      maxRetries: 0,
      parallel: config.parallel,
    })
    return supervised(host, chat, { model: config.model ?? nameOf(config.modelPath), startMs: config.startMs, deaths })
  } catch (error) {
    await host[Symbol.asyncDispose]()
    throw error
  }
}

interface Supervision {
  model: string
  startMs: number
  deaths: Deaths
}

function supervised(host: EngineProcess<LlamaServerCalls>, chat: Llm, { model, startMs, deaths }: Supervision): Llm {
  const untilReady = (signal?: AbortSignal) =>
    retryOnce(() => host.call('ready', null, { deadlineMs: startMs, ...(signal ? { signal } : {}) }))
  return {
    id: 'llama-server',
    model,
    capabilities: chat.capabilities,
    async *generate(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> {
      await untilReady(signal)
      const death = deaths.next
      try {
        yield* chat.generate(request, signal)
      } catch (error) {
        throw signal.aborted ? signal.reason : await asCrash(error, death)
      }
    },
    async countTokens(text) {
      await untilReady()
      return chat.countTokens(text)
    },
    async [Symbol.asyncDispose]() {
      await chat[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    },
  }
}

/** How long a broken connection waits for the death behind it to be told, ms. */
const DEATH_NOTICE_MS = 2000

/** Hands deaths on, and tells those who wait for the next one. */
class Deaths {
  readonly #onDeath: ((death: EngineDeath) => void) | undefined
  #next = Promise.withResolvers<EngineDeath>()

  constructor(onDeath?: (death: EngineDeath) => void) {
    this.#onDeath = onDeath
  }

  add(death: EngineDeath): void {
    this.#next.resolve(death)
    this.#next = Promise.withResolvers()
    this.#onDeath?.(death)
  }

  get next(): Promise<EngineDeath> {
    return this.#next.promise
  }
}

/** The program is on this machine: where its connection breaks, it died. */
async function asCrash(error: unknown, next: Promise<EngineDeath>): Promise<unknown> {
  if (!VigiaError.is(error) || error.code !== 'engine_unavailable') return error
  const death = await Promise.race([next, sleep(DEATH_NOTICE_MS, null, { ref: false })])
  if (death?.outOfMemory)
    return new VigiaError('out_of_memory', 'The program llama-server ran out of memory while it answered.', {
      hint: 'Choose a smaller model, fewer contextTokens or fewer gpuLayers.',
      cause: error,
    })
  return new VigiaError('engine_crashed', 'The program llama-server died while it answered.', {
    hint: 'It is started again; its last lines are in the server log.',
    cause: error,
  })
}

async function requireFile(path: string): Promise<void> {
  await access(path).catch((cause: unknown) => {
    throw new VigiaError('model_not_found', `Expected a model file at "${path}", found none.`, {
      hint: 'See "vigia models list", or correct modelPath and projectorPath.',
      cause,
    })
  })
}

const nameOf = (path: string): string => path.replace(/^.*[\\/]|\.gguf$/gu, '')

/** A port that is free now. The program is told to take it each time it starts. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
