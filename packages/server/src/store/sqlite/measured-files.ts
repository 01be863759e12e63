import type { FileOps } from './files.ts'

/** The same disk; tells how long each sync of a file took, ms. */
export function measuredFiles(
  files: FileOps,
  onSync: (ms: number) => void,
  now: () => number = () => performance.now(),
): FileOps {
  return {
    ...files,
    async open(path, options) {
      const file = await files.open(path, options)
      return {
        ...file,
        async sync() {
          const begunMs = now()
          await file.sync()
          onSync(now() - begunMs)
        },
      }
    },
  }
}
