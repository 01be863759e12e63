import { readFileSync, writeFileSync } from 'node:fs'
import { CATALOGUE } from '../../models/catalogue.ts'
import { enginesTable, modelsTable } from './docs.ts'
import { PROFILE_LIST, type ProfileName } from './list.ts'

/** Writes the tables of `docs/profiles/` anew after a change of profiles or catalogue: run this file. */
for (const name of Object.keys(PROFILE_LIST) as ProfileName[]) {
  const file = new URL(`../../../../../docs/profiles/${name}.md`, import.meta.url)
  const text = readFileSync(file, 'utf8')
    .replace(/^\| what \| served by \|\n(?:\|.*\n)+/m, `${enginesTable(name)}\n`)
    .replace(
      /^(## Models and licences\n)(?:No models to fetch\.\n|(?:\|.*\n)+)/m,
      (_, head: string) => `${head}${modelsTable(name, CATALOGUE)}\n`,
    )
  writeFileSync(file, text)
}
