import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { referencePage } from '../scripts/reference.ts'

/** Links lead somewhere, commands exist, generated pages are what the sources say. */

const ROOT = path.join(import.meta.dirname, '..')
const PAGES = [
  ...['README.md', 'README.es.md', 'CONTRIBUTING.md'].filter((file) => existsSync(path.join(ROOT, file))),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
]
const read = (page: string): string => readFileSync(path.join(ROOT, page), 'utf8')
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[`*]/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): Set<string> =>
  new Set(
    [
      ...read(page)
        .replace(/^```[\s\S]*?^```/gm, '')
        .matchAll(/^#{1,6} (.+)$/gm),
    ].map((match) => anchorOf(match[1]!)),
  )

function linksOf(page: string): { target: string; anchor: string }[] {
  const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#')
      return { target: file === '' ? page : path.normalize(path.join(path.dirname(page), file)), anchor }
    })
}

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    for (const { target, anchor } of linksOf(page)) {
      expect(existsSync(path.join(ROOT, target)), `${page} → ${target}`).toBe(true)
      if (anchor) expect([...anchorsOf(target)], `${page} → ${target}`).toContain(anchor)
    }
  })

  it('lead to every page from the first one', () => {
    const seen = new Set<string>()
    const waiting = ['docs/README.md']
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      if (seen.has(page) || !page.endsWith('.md') || !existsSync(path.join(ROOT, page))) continue
      seen.add(page)
      waiting.push(...linksOf(page).map(({ target }) => target))
    }
    expect(PAGES.filter((page) => page.startsWith('docs/') && !seen.has(page))).toEqual([])
  })
})

interface Line {
  page: string
  line: string
}
/** Lines of shell blocks, comments and continuation taken away. */
const COMMANDS: Line[] = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((block) =>
    block[1]!
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap((line) => line.split(/\s+&&\s+/))
      .map((line) => ({ page, line })),
  ),
)
const SCRIPTS = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts
const CLI = path.join(ROOT, 'packages/server/src/cli/vigia.cjs')
const vigia = (args: string[]) => spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', cwd: ROOT })

describe('commands in the docs', () => {
  it('are npm scripts that exist', () => {
    const used = COMMANDS.flatMap(({ page, line }) =>
      [...line.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map((match) => ({ page, name: match[1]! })),
    )
    expect(used.length).toBeGreaterThan(5)
    expect(used.filter(({ name }) => !(name in SCRIPTS))).toEqual([])
  })

  const calls = COMMANDS.flatMap(({ page, line }) => {
    const match = /(?:npm run (?:--silent )?vigia -- |npx vigia )(\S+)(.*)$/.exec(line)
    return match ? [{ page, command: match[1]!, rest: match[2]!.replace(/[|>].*$/, '') }] : []
  })

  it('are commands and flags of vigia that exist', () => {
    const help = new Map<string, string>()
    for (const { page, command, rest } of calls.filter(({ command }) => !command.startsWith('-'))) {
      if (!help.has(command)) {
        const answer = vigia([command, '--help'])
        expect(answer.status, `${page}: vigia ${command}`).toBe(0)
        help.set(command, answer.stdout)
      }
      // settings are flags of every command: `serve --help` lists them
      const settings = help.get('serve') ?? vigia(['serve', '--help']).stdout
      help.set('serve', settings)
      for (const [flag] of rest.matchAll(/--[a-z][\w.-]*/g)) {
        if (flag.startsWith('--engines.')) continue
        expect(`${help.get(command)}\n${settings}`, `${page}: vigia ${command} ${flag}`).toContain(flag)
      }
    }
  })

  it.each([['plan', '--sessions', '100'], ['config'], ['--version']])('run: vigia %s %s %s', (...args) => {
    expect(vigia(args.filter(Boolean))).toMatchObject({ status: 0 })
  })
})

describe('generated pages', () => {
  it('docs/reference.md is what the schemas say', () => {
    expect(read('docs/reference.md')).toBe(referencePage())
  })
})

describe('error codes in troubleshooting', () => {
  it('exist', () => {
    const known = new Set([...read('docs/errors.md').matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]!))
    const named = [...read('docs/troubleshooting.md').matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map((match) => match[1]!)
    expect(
      named.filter((code) => !known.has(code) && !['resume_token', 'session_id', 'request_id', 'config_ack'].includes(code)),
    ).toEqual([])
  })
})
