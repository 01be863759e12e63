import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Where models come from: the variables that other Hugging Face tools read mean the same here. */
export interface HubSettings {
  /** Base of `/<repo>/resolve/<revision>/<path>`. */
  hfEndpoint: string
  /** Sent to the hub's own host only; never logged. */
  hfToken: string | null
  githubEndpoint: string
  /** What other tools already fetched; null when there is none. */
  hfCacheDir: string
  /** Nothing is fetched from outside. */
  offline: boolean
}

type Env = Readonly<Record<string, string | undefined>>

/** Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and `VIGIA_GITHUB_ENDPOINT`. */
export function hubSettings(env: Env = process.env): HubSettings {
  const home = env.HF_HOME ?? path.join(env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'huggingface')
  return {
    hfEndpoint: trimmed(env.HF_ENDPOINT || 'https://huggingface.co'),
    hfToken: env.HF_TOKEN || tokenFile(env.HF_TOKEN_PATH ?? path.join(home, 'token')),
    githubEndpoint: trimmed(env.VIGIA_GITHUB_ENDPOINT || 'https://github.com'),
    hfCacheDir: env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? path.join(home, 'hub'),
    offline: ['1', 'true', 'yes', 'on'].includes((env.HF_HUB_OFFLINE ?? '').toLowerCase()),
  }
}

const trimmed = (url: string): string => url.replace(/\/+$/, '')

function tokenFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null
  } catch {
    return null
  }
}
