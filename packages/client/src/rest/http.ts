import { ERROR_CODES, type ErrorBody, type ErrorCode, VigiaError } from '@vigia/protocol'
import { type Auth, authHeaders } from '../auth.ts'

/** Where and as whom to ask. */
export interface HttpOptions {
  /** Of the server. Default: where the page came from. */
  url?: string
  auth?: Auth
  /** For tests and older runtimes. */
  fetch?: typeof fetch
}

export interface RequestOptions {
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** HTTP requests to the server; what it refuses becomes a `VigiaError` with its code and hint. */
export class Http {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /** The address of a path on the server. */
  address(path: string): string {
    const base = this.#options.url ?? globalThis.location?.origin ?? 'http://127.0.0.1:8000'
    return base.replace(/\/$/, '') + path
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(method, path, options)
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  /** @throws VigiaError of the server; `engine_unavailable` is never invented: a server that cannot be reached is `aborted` */
  async request(method: string, path: string, { body, headers, signal }: RequestOptions = {}): Promise<Response> {
    const plain = body === undefined || body instanceof FormData || body instanceof Blob || body instanceof Uint8Array
    const init: RequestInit = {
      method,
      headers: { ...(plain ? {} : { 'content-type': 'application/json' }), ...authHeaders(this.#options.auth), ...headers },
      ...(body === undefined ? {} : { body: plain ? (body as BodyInit) : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    }
    const send = this.#options.fetch ?? fetch
    const response = await send(this.address(path), init).catch((cause: unknown) => {
      if (signal?.aborted) throw signal.reason
      throw new VigiaError('aborted', 'The server could not be reached.', {
        hint: 'Is it running, and is this device on its network?',
        cause,
      })
    })
    if (!response.ok) throw await toError(response)
    return response
  }
}

async function toError(response: Response): Promise<VigiaError> {
  const body = (await response.json().catch(() => null)) as { error?: Partial<ErrorBody> } | null
  const { code, message, hint } = body?.error ?? {}
  const known: ErrorCode = code !== undefined && code in ERROR_CODES ? code : response.status === 404 ? 'not_found' : 'internal'
  return new VigiaError(known, message ?? `The server answered ${response.status}.`, hint ? { hint } : {})
}
