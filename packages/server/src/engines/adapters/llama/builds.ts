import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { packageNameOf } from './addon.ts'

/** GPU builds of the addon: 60 to 200 MB each, installed on request into a folder of their own. */

/** Version of the addon packages; the CPU build in package.json has the same. */
export const ADDON_VERSION = '1.7.15'

export const GPU_BUILDS = ['cuda', 'vulkan'] as const
export type GpuBuild = (typeof GPU_BUILDS)[number]

/** Where GPU builds are installed: `VIGIA_ENGINES_DIR`, else beside the user's data. */
export function enginesDir(env: NodeJS.ProcessEnv = process.env): string {
  return env.VIGIA_ENGINES_DIR ?? path.join(env.XDG_DATA_HOME ?? path.join(homedir(), '.local/share'), 'vigia/engines')
}

/** The best GPU build that is installed in a folder; null without one. */
export function installedBuild(folder: string): GpuBuild | null {
  return GPU_BUILDS.find((build) => existsSync(path.join(folder, 'node_modules', packageNameOf(build), 'package.json'))) ?? null
}
