import { expectation } from './issues.ts'
import { LEAVES, type Leaf, OPEN_PARTS } from './leaves.ts'

/** `docs/configuration.md`, written from the schema. Run this file to write it; a test keeps the page equal. */

const INTRO = `# Configuration

*Written from \`packages/server/src/config/schema.ts\` by \`npm run vigia -- config --docs > docs/configuration.md\`; a test keeps it equal.*

Flags win over \`VIGIA_\` variables, over the file, over defaults. The file is YAML or JSON: \`--config FILE\`, \`VIGIA_CONFIG\`, or \`vigia.yaml\`
in the current folder. A mistake stops the start and says path, source, expected and got. \`vigia config\` prints each value and where it came
from. Through npm, flags come after \`--\`: \`npm start -- --port 9000\`.

\`\`\`yaml
# vigia.yaml
port: 9000
endpointing:
  minSilenceMs: 600
\`\`\`

The same as \`--port 9000 --endpointing.min-silence-ms 600\`, or \`VIGIA_PORT=9000 VIGIA_ENDPOINTING_MIN_SILENCE_MS=600\`.
`

const cell = (value: unknown): string => (value === undefined ? '' : `\`${String(value)}\``)

function row(leaf: Leaf): string {
  return `| \`${leaf.path}\` | ${cell(leaf.fallback)} | ${expectation(leaf)} | ${leaf.description} | \`${leaf.flag}\`<br>\`${leaf.variable}\` |`
}

const HEAD = '| setting | default | takes | what it is | flag, variable |\n| --- | --- | --- | --- | --- |'

/** The page as Markdown. */
export function configurationPage(): string {
  const groups = Map.groupBy(LEAVES, ({ path }) => (path.includes('.') ? path.slice(0, path.indexOf('.')) : ''))
  const tables = [...groups].map(([group, leaves]) => `## ${group || 'General'}\n\n${HEAD}\n${leaves.map(row).join('\n')}\n`)
  const engines = OPEN_PARTS.map(({ path, description }) => `| \`${path}\` | ${description} |`).join('\n')
  return `${INTRO}
${tables.join('\n')}
## engines

What the profile chooses can be replaced port by port: \`adapter\` names the adapter, the other keys are that adapter's own
(\`--engines.llm.base-url …\`, \`VIGIA_ENGINES_LLM_BASE_URL\`). Keys that end in \`key\`, \`token\`, \`secret\` or \`password\` are never printed.

| part | serves |
| --- | --- |
${engines}
`
}
