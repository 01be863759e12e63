import path from 'node:path'

/** Where models are kept: as configured, else beside the sessions. */
export const modelsDirOf = ({ dataDir, modelsDir }: { dataDir: string; modelsDir: string }): string =>
  modelsDir === '' ? path.join(dataDir, 'models') : modelsDir
