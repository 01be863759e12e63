import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What the official packages' own declarations name: fields of an interface, members of a union of event types. */

const MODULES = path.join(import.meta.dirname, '../../../../../node_modules')

/** Names of the properties that an interface or class declares itself. */
export function fieldsOf(file: string, name: string): string[] {
  const source = readFileSync(path.join(MODULES, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
  const start = new RegExp(`(?:interface|class) ${name}\\b[^{]*\\{`).exec(source)
  if (!start) throw new Error(`${file} declares no ${name}`)
  const fields: string[] = []
  let depth = 1
  let line = ''
  for (let i = start.index + start[0].length; depth > 0; i++) {
    const char = source[i]!
    if (depth === 1) line += char
    if ('{(<['.includes(char)) depth += 1
    else if ('})]'.includes(char) || (char === '>' && source[i - 1] !== '=')) depth -= 1
    if (depth === 1 && (char === ';' || char === '\n')) {
      const field = /^\s*(?:readonly )?["']?([\w$-]+)["']?\??:/.exec(line)?.[1]
      if (field) fields.push(field)
      line = ''
    }
  }
  return [...new Set(fields)]
}

/** The `type` of each member of a union of events. */
export function eventsOf(file: string, union: string): string[] {
  const source = readFileSync(path.join(MODULES, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const members = new RegExp(`type ${union} = ([^;]+);`).exec(source)?.[1]?.match(/\w[\w.]*/g) ?? []
  return members.map((member) => {
    const name = member.split('.').at(-1)!
    const body = new RegExp(`interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n(?:    )?\\}`).exec(source)?.[1] ?? ''
    return /\btype: '([^']+)'/.exec(body)?.[1] ?? `(${name})`
  })
}

/** Messages that have a file each: their names, less what all file names begin with. */
export function messagesOf(folder: string, prefix: string): string[] {
  const files = readdirSync(path.join(MODULES, folder)).filter((file) => file.startsWith(prefix) && file.endsWith('.d.ts'))
  return files.map((file) => file.slice(prefix.length, -'.d.ts'.length))
}
