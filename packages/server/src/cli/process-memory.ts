import { readdir, readFile } from 'node:fs/promises'

/** Memory of this process and of those it started, MB; null where the system does not tell. */
export async function treeMemoryMb(): Promise<number | null> {
  const ids = await readdir('/proc').catch(() => null)
  if (!ids) return null
  const processes = await Promise.all(ids.filter((id) => /^\d+$/.test(id)).map(readProcess))
  const known = processes.filter((found) => found !== null)
  const ours = new Set([process.pid])
  // Children of children: as many rounds as the tree is deep.
  for (let before = 0; before !== ours.size; ) {
    before = ours.size
    for (const { pid, parent } of known) if (ours.has(parent)) ours.add(pid)
  }
  const kib = known.filter(({ pid }) => ours.has(pid)).reduce((sum, found) => sum + found.rssKib, 0)
  return Math.round(kib / 1024)
}

async function readProcess(id: string): Promise<{ pid: number; parent: number; rssKib: number } | null> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
  const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1]
  const rss = /^VmRSS:\s+(\d+)/m.exec(status)?.[1]
  return parent && rss ? { pid: Number(id), parent: Number(parent), rssKib: Number(rss) } : null
}
