import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../models/catalogue.ts'
import { ModelEntry } from '../../models/manifest.ts'
import { sherpaModelOf } from '../adapters/sherpa/open-installed.ts'
import { enginesTable, modelsTable } from './docs.ts'
import { PROFILE_LIST, type ProfileName } from './list.ts'

const docs = new URL('../../../../../docs/', import.meta.url)
const page = (name: string): string => readFileSync(new URL(name, docs), 'utf8')

describe('docs/profiles', () => {
  it('has a page for each profile and no other', () => {
    expect(readdirSync(new URL('profiles/', docs)).sort()).toEqual(
      Object.keys(PROFILE_LIST)
        .map((name) => `${name}.md`)
        .sort(),
    )
  })

  it.each(Object.keys(PROFILE_LIST) as ProfileName[])('says of %s what the code does: engines, models, licences', (name) => {
    const text = page(`profiles/${name}.md`)
    expect(text).toContain(enginesTable(name))
    expect(text).toContain(modelsTable(name, CATALOGUE))
    expect(text).toContain(`doctor --profile ${name}`)
  })
})

it('lists every model of the catalogue in docs/models.md', () => {
  const text = page('models.md')
  for (const { id, license } of CATALOGUE) {
    expect(text, id).toContain(`\`${id}\``)
    if (license.attribution) expect(text, id).toContain(license.attribution)
  }
})

it('shows a model.json in docs/bring-your-own-model.md that the store and the adapter take', () => {
  const json = /```json\n([\s\S]*?)```/.exec(page('bring-your-own-model.md'))![1]!
  const entry = ModelEntry.parse({
    files: [{ path: 'x', bytes: null, sha256: null }],
    source: { kind: 'local' },
    ...JSON.parse(json),
  })
  expect(sherpaModelOf({ entry, dir: '/m', parts: entry.parts, expected: {} })).toMatchObject({
    files: { family: 'transducer' },
    threads: 2,
  })
})
