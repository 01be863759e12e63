import { readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { ModelEntry, ModelFile } from './manifest.ts'

/**
 * Where the Hugging Face tools keep a file that they fetched, if they have it whole: `models--owner--name`, `refs` →
 * commit, `snapshots/<commit>/<path>` → blob. Only read, never written.
 */
export async function findInHfCache({ source }: ModelEntry, file: ModelFile, cacheDir: string): Promise<string | null> {
  if (source.kind !== 'hf') return null
  const repo = path.join(cacheDir, `models--${source.repo.replace('/', '--')}`)
  const ref = await readFile(path.join(repo, 'refs', source.revision), 'utf8').catch(() => null)
  const commit = ref?.trim() ?? source.revision
  if (commit.includes('/') || commit.includes('..')) return null
  const found = await realpath(path.join(repo, 'snapshots', commit, file.path)).catch(() => null)
  const info = found ? await stat(found).catch(() => null) : null
  if (!found || !info?.isFile() || found.endsWith('.incomplete')) return null
  return file.bytes !== null && info.size !== file.bytes ? null : found
}
